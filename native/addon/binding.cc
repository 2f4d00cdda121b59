// The only file that knows Node-API: converts values, keeps the one Zygote of this process. The interface it offers is written
// down in loader/native.ts.
#include <napi.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include "addon/quiet_timer.h"
#include "addon/run_start.h"
#include "addon/starter.h"
#include "addon/zygote.h"
#include "wire/ask.h"
#include "wire/frame.h"

namespace {

std::unique_ptr<Zygote> zygote;

std::string text(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

std::vector<std::string> texts(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> result;
  for (uint32_t i = 0; i < array.Length(); i++) result.push_back(text(array.Get(i)));
  return result;
}

Napi::Array toArray(Napi::Env env, const std::vector<std::string>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); i++) array.Set(i, values[i]);
  return array;
}

std::vector<const char*> pointers(const std::vector<std::string>& values) {
  std::vector<const char*> result;
  for (const std::string& value : values) result.push_back(value.c_str());
  return result;
}

// What JavaScript knows of the program that this Node is to run: { node, argv0, entry, execArgv, registerPath }.
struct ProgramFacts {
  std::string node, argv0, entry, register_path;
  std::vector<std::string> exec_arguments;
  explicit ProgramFacts(const Napi::Object& from)
      : node(text(from.Get("node"))), argv0(text(from.Get("argv0"))), entry(text(from.Get("entry"))), register_path(text(from.Get("registerPath"))), exec_arguments(texts(from.Get("execArgv"))) {}
  bool key(std::string* result) const {
    const auto arguments = pointers(exec_arguments);
    const program program = {node.c_str(), argv0.c_str(), entry.c_str(), arguments.data(), arguments.size(), register_path.c_str()};
    char digits[KEY_LENGTH + 1];
    if (!program_key(&program, digits)) return false;
    *result = digits;
    return true;
  }
};

// A descriptor that survives the exec to come.
bool keepAcrossExec(int fd) { return fcntl(fd, F_SETFD, 0) == 0; }

std::string followArgument(const offer& offer, int64_t asked_at, size_t option_count) {
  return "--follow=" + std::to_string(offer.conversation) + "," + std::to_string(offer.image) + "," + std::to_string(asked_at) + "," + std::to_string(option_count);
}

// becomeClient({ ...program, client, args }): does not return if there is a run to be had; else the reason.
Napi::Value becomeClient(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  const auto reason = [&](const char* word) { return Napi::String::New(info.Env(), word); };
  if (has_inherited_descriptors()) return reason("inherited-descriptors");
  const ProgramFacts facts(options);
  std::string key;
  runtime_dir dir;
  if (!facts.key(&key)) return reason("entry-not-a-file");
  if (!runtime_dir_open(&dir, false)) return reason("absent");
  const UniqueFd dir_fd(dir.fd);
  const std::string client = text(options.Get("client"));
  std::vector<std::string> arguments = texts(options.Get("args"));
  arguments.insert(arguments.begin(), facts.entry);
  const auto argument_pointers = pointers(arguments), exec_pointers = pointers(facts.exec_arguments);
  const run_request request = {argument_pointers.data(), argument_pointers.size(), exec_pointers.data(), exec_pointers.size()};
  struct offer offer;
  char why[REASON_MAX] = "";
  const int64_t asked_at = now_ms();
  if (access(client.c_str(), X_OK) != 0) return reason("no-client");
  if (!ask_for_run(&dir, key.c_str(), &request, &offer, why)) return reason(why);
  const UniqueFd conversation(offer.conversation), image(offer.image);

  // On failure the client executes exactly the command that this Node was started with.
  std::vector<std::string> command = {facts.argv0, followArgument(offer, asked_at, facts.exec_arguments.size()), facts.node, facts.argv0};
  command.insert(command.end(), facts.exec_arguments.begin(), facts.exec_arguments.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto argv = pointers(command);
  argv.push_back(nullptr);
  // Node marks even these as it starts (uv_disable_stdio_inheritance); a closed one stays closed.
  for (int fd = 0; fd <= 2; fd++) keepAcrossExec(fd);
  if (!keepAcrossExec(offer.conversation) || (image.ok() && !keepAcrossExec(offer.image))) return reason("no-client");
  execv(client.c_str(), const_cast<char* const*>(argv.data()));
  return reason("no-client");
}

// The claim of this process, if it is the one to make the zygote.
std::optional<Claim> claim;

void startClaimed() {
  if (claim) claim->start();
  claim.reset();
}

// claimProgram(program): { key, previous }, or why there is nothing to do.
Napi::Value claimProgram(const Napi::CallbackInfo& info) {
  const ProgramFacts facts(info[0].As<Napi::Object>());
  std::string key, reason;
  runtime_dir dir;
  if (!facts.key(&key)) return Napi::String::New(info.Env(), "entry-not-a-file");
  if (!runtime_dir_open(&dir, true)) return Napi::String::New(info.Env(), std::string("runtime-directory: ") + dir.path + ": " + strerror(errno));
  claim = Claim::take(dir, key, &reason);
  if (!claim) return Napi::String::New(info.Env(), reason);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("key", key);
  result.Set("previous", claim->previous());
  return result;
}

// prepareZygote({ node, argv, preload, manifest, uptimeMs, leastCpuMs }): it is started when this process has come to rest, at the latest when it exits.
Napi::Value prepareZygote(const Napi::CallbackInfo& info) {
  const auto plan = info[0].As<Napi::Object>();
  const auto number = [&](const char* name) { return plan.Get(name).As<Napi::Number>().Int64Value(); };
  claim->prepare({text(plan.Get("node")), texts(plan.Get("argv")), text(plan.Get("preload")), text(plan.Get("manifest")), now_ms() - number("uptimeMs"), number("leastCpuMs")});
  // However the program ends, short of a signal; and unseen by it, unlike a listener for 'exit'.
  atexit(startClaimed);
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(info.Env(), &loop) == napi_ok) whenQuiet(loop, [] { return claim ? claim->computedMs() : 0; }, number("leastCpuMs"), startClaimed);
  return info.Env().Undefined();
}

Napi::Value dropClaim(const Napi::CallbackInfo& info) {
  claim.reset();
  return info.Env().Undefined();
}

// beginZygote(key): what failed, or undefined.
Napi::Value beginZygote(const Napi::CallbackInfo& info) {
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(info.Env(), &loop) != napi_ok) return Napi::String::New(info.Env(), "no event loop");
  std::string error;
  zygote = Zygote::begin(text(info[0]), loop, &error);
  if (!zygote) return Napi::String::New(info.Env(), error);
  return info.Env().Undefined();
}

Napi::Value consulted(const Napi::CallbackInfo& info) {
  zygote->consulted(text(info[0]));
  return info.Env().Undefined();
}

Napi::Value obstacle(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), zygote->obstacle()); }

Napi::Value abandon(const Napi::CallbackInfo& info) { zygote->abandon(text(info[0])); }

Parking parkingFrom(const Napi::Object& options) {
  Parking parking;
  parking.manifest = text(options.Get("manifest"));
  parking.idle_ms = options.Get("idleMs").As<Napi::Number>().Int64Value();
  bool lossless;
  parking.quiesce = reinterpret_cast<void (*)()>(static_cast<uintptr_t>(options.Get("quiesce").As<Napi::BigInt>().Uint64Value(&lossless)));
  const auto positions = options.Get("argumentPositions").As<Napi::Array>();
  for (uint32_t i = 0; i < positions.Length(); i++) {
    const auto pair = positions.Get(i).As<Napi::Array>();
    parking.arguments.positions.emplace_back(text(pair.Get(0U)), pair.Get(1U).As<Napi::Number>().Int32Value());
  }
  if (const Napi::Value whole = options.Get("wholeArguments"); whole.IsArray()) parking.arguments.whole = texts(whole);
  const auto rebinds = options.Get("rebinds").As<Napi::Array>();
  for (uint32_t i = 0; i < rebinds.Length(); i++) {
    const auto pair = rebinds.Get(i).As<Napi::Array>();
    parking.rebinds.emplace_back(pair.Get(0U).As<Napi::Number>().Int32Value(), pair.Get(1U).As<Napi::Number>().Int32Value());
  }
  return parking;
}

// Live as long as the process: runs are forks in the middle of park().
Parking parking;
Run run;

// park(options): RETURNS IN EVERY FORK, never in the zygote itself: 'run', 'standby', or 'image' in the one that is to become that. Undefined: could not park.
Napi::Value park(const Napi::CallbackInfo& info) {
  parking = parkingFrom(info[0].As<Napi::Object>());
  if (!zygote->park(parking, &run)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), run.image.ok() ? "image" : run.orders.ok() ? "standby" : "run");
}

// becomeRun(): once, after park(). What a run has to know.
Napi::Value becomeRun(const Napi::CallbackInfo& info) {
  zygote->becomeRun(parking, &run);
  // Kept for the run's life, for its end is what the zygote's report waits for.
  [[maybe_unused]] const int conversation = run.conversation.release();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("args", toArray(info.Env(), run.request.arguments));
  result.Set("execArgv", toArray(info.Env(), run.request.exec_arguments));
  result.Set("parentPid", run.request.parent_pid);
  result.Set("pid", getpid());
  return result;
}

// fillRandom(Float64Array): with numbers in [0, 1), 53 bits each, from the kernel.
Napi::Value fillRandom(const Napi::CallbackInfo& info) {
  auto array = info[0].As<Napi::Float64Array>();
  uint64_t bits[32];
  const size_t count = std::min<size_t>(array.ElementLength(), 32);
  // Up to 256 bytes are never interrupted nor cut short (getrandom(2)).
  if (getrandom(bits, count * sizeof *bits, 0) < 0) return Napi::Boolean::New(info.Env(), false);
  for (size_t i = 0; i < count; i++) array[i] = static_cast<double>(bits[i] >> 11) * 0x1p-53;
  return Napi::Boolean::New(info.Env(), true);
}

// converse(key, 'status' | 'stop'): the report, '' once it is stopping, or undefined if nobody is there.
Napi::Value converse(const Napi::CallbackInfo& info) {
  runtime_dir dir;
  if (!runtime_dir_open(&dir, false)) return info.Env().Undefined();
  const UniqueFd dir_fd(dir.fd);
  const UniqueFd socket(runtime_dir_connect(&dir, text(info[0]).c_str()));
  const auto type = text(info[1]) == "stop" ? MESSAGE_STOP : MESSAGE_STATUS;
  const int64_t deadline = now_ms() + 1000;
  if (!socket.ok() || !frame_send(socket.get(), type, nullptr, 0, nullptr, 0, deadline)) return info.Env().Undefined();
  frame_reader reader;
  frame_reader_init(&reader, 65536);
  const frame_state state = frame_receive(&reader, socket.get(), deadline);
  Napi::Value result = info.Env().Undefined();
  if (state == FRAME_COMPLETE && reader.header.type == MESSAGE_REPORT) result = Napi::String::New(info.Env(), reader.payload);
  else if (type == MESSAGE_STOP && state == FRAME_CLOSED) result = Napi::String::New(info.Env(), "");
  frame_reader_reset(&reader);
  return result;
}

// runtimeDirectory(): its path, or undefined if it is not there or not ours alone.
Napi::Value runtimeDirectory(const Napi::CallbackInfo& info) {
  runtime_dir dir;
  if (!runtime_dir_open(&dir, false)) return info.Env().Undefined();
  close(dir.fd);
  return Napi::String::New(info.Env(), dir.path);
}

// leaveFunction(): the address, as a BigInt, that the platform part calls when Node decides to end a run.
Napi::Value leaveFunction(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(reinterpret_cast<uintptr_t>(&leaveRun))); }

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) { exports.Set(name, Napi::Function::New(env, function, name)); };
  add("becomeClient", becomeClient);
  add("claimProgram", claimProgram);
  add("prepareZygote", prepareZygote);
  add("dropClaim", dropClaim);
  add("beginZygote", beginZygote);
  add("consulted", consulted);
  add("obstacle", obstacle);
  add("abandon", abandon);
  add("park", park);
  add("becomeRun", becomeRun);
  add("fillRandom", fillRandom);
  add("leaveFunction", leaveFunction);
  add("converse", converse);
  add("runtimeDirectory", runtimeDirectory);
  exports.Set("build", INSTASTART_VERSION " " INSTASTART_BUILD);
  return exports;
}

}  // namespace

NODE_API_MODULE(instastart, initialize)
