// The only file that knows Node-API: converts values, keeps the one Zygote of this process. The interface it offers is written
// down in loader/native.ts.
#include <napi.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include "addon/abilities.h"
#include "addon/base.h"
#include "addon/budget.h"
#include "addon/client.h"
#include "addon/command_line.h"
#include "addon/crypto_random.h"
#include "addon/debug_signal.h"
#include "addon/heard_files.h"
#include "addon/open_files.h"
#include "addon/process_name.h"
#include "addon/quiet_timer.h"
#include "addon/readings.h"
#include "addon/registry.h"
#include "addon/run_start.h"
#include "addon/starter.h"
#include "addon/zygote.h"
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

// Of { node, argv0, entry, execArgv, registerPath, hasChannel }.
ProgramFacts programFrom(const Napi::Object& from) {
  ProgramFacts facts;
  facts.node = text(from.Get("node"));
  facts.argv0 = text(from.Get("argv0"));
  facts.entry = text(from.Get("entry"));
  facts.register_path = text(from.Get("registerPath"));
  facts.exec_arguments = texts(from.Get("execArgv"));
  facts.has_channel = from.Get("hasChannel").As<Napi::Boolean>().Value();
  return facts;
}

// Of this process, once it is known.
std::string own_key;

// becomeClient({ ...program, client, args }): does not return if there is a run to be had; else the reason.
Napi::Value becomeClient(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  ProgramFacts facts = programFrom(options);
  return Napi::String::New(info.Env(), ::becomeClient(&facts, text(options.Get("client")), texts(options.Get("args")), &own_key));
}

// The claim of this process, if it is the one to make the zygote.
std::optional<Claim> claim;

void startClaimed() {
  if (claim) claim->start();
  claim.reset();
}

// claimProgram({ ...program, args }): { key, previous, asksAllArguments, channel? }, or why there is nothing to do.
Napi::Value claimProgram(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  ProgramFacts facts = programFrom(options);
  std::string key, reason;
  runtime_dir dir;
  if (!facts.key(&key)) return Napi::String::New(info.Env(), "entry-not-a-file");
  own_key = key;
  if (!runtime_dir_open(&dir, true)) return Napi::String::New(info.Env(), std::string("runtime-directory: ") + dir.path + ": " + strerror(errno));
  const asked_arguments asked = facts.chooseVariant(dir, texts(options.Get("args")), &key);
  claim = Claim::take(dir, key, &reason);
  if (!claim) return Napi::String::New(info.Env(), reason);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("key", key);
  result.Set("previous", claim->previous());
  result.Set("asksAllArguments", asked == ARGUMENTS_READ);
  if (facts.to_parent.fd >= 0) {
    Napi::Object channel = Napi::Object::New(info.Env());
    channel.Set("fd", facts.to_parent.fd);
    channel.Set("serialization", facts.to_parent.serialization);
    result.Set("channel", channel);
  }
  return result;
}

Claim::Plan planFrom(const Napi::Object& plan) {
  const auto number = [&](const char* name) { return plan.Get(name).As<Napi::Number>().Int64Value(); };
  return {text(plan.Get("node")), texts(plan.Get("argv")), text(plan.Get("observer")), text(plan.Get("manifest")), now_ms() - number("uptimeMs"), number("leastCpuMs")};
}

// prepareZygote({ node, argv, observer, manifest, uptimeMs, leastCpuMs }): it is started when this process has come to rest, at the latest when it exits.
Napi::Value prepareZygote(const Napi::CallbackInfo& info) {
  const Claim::Plan plan = planFrom(info[0].As<Napi::Object>());
  const int64_t least_cpu_ms = plan.least_cpu_ms;
  claim->prepare(plan);
  // However the program ends, short of a signal; and unseen by it, unlike a listener for 'exit'.
  atexit(startClaimed);
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(info.Env(), &loop) == napi_ok) whenQuiet(loop, [] { return claim ? claim->computedMs() : 0; }, least_cpu_ms, startClaimed);
  return info.Env().Undefined();
}

// startZygote(plan): now, and not only when this process has come to rest. False if as many as may be are being made; the claim stays.
Napi::Value startZygote(const Napi::CallbackInfo& info) {
  claim->prepare(planFrom(info[0].As<Napi::Object>()));
  const bool is_started = claim->start();
  if (is_started) claim.reset();
  return Napi::Boolean::New(info.Env(), is_started);
}

// noteRun(program, reason): why this process's run is plain, for the history of its program.
Napi::Value noteRun(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  runtime_dir dir;
  if (!runtime_dir_open(&dir, false)) return info.Env().Undefined();
  const UniqueFd dir_fd(dir.fd);
  if (!own_key.empty() || programFrom(options).key(&own_key)) appendRun(dir, own_key, text(info[1]), text(options.Get("entry")));
  return info.Env().Undefined();
}

Napi::Value dropClaim(const Napi::CallbackInfo& info) {
  claim->forgetIfNew();
  claim.reset();
  return info.Env().Undefined();
}

// beginZygote(key): the descriptor of the manifest, or what failed.
Napi::Value beginZygote(const Napi::CallbackInfo& info) {
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(info.Env(), &loop) != napi_ok) return Napi::String::New(info.Env(), "no event loop");
  rememberProcessName();
  findCommandLine();
  beginDebugSignal(loop);
  hearCryptoRandom();
  learnClock();
  std::string error;
  zygote = Zygote::begin(text(info[0]), loop, &error);
  if (!zygote) return Napi::String::New(info.Env(), error);
  return Napi::Number::New(info.Env(), zygote->manifest());
}

// openChannel(fd): whether there can be one.
Napi::Value openChannel(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), zygote->openChannel(info[0].As<Napi::Number>().Int32Value()));
}

Napi::Value consulted(const Napi::CallbackInfo& info) {
  zygote->consulted(text(info[0]));
  return info.Env().Undefined();
}

// heedActs({ ownFolder, manifest, explain }): whether anybody does.
Napi::Value heedActs(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  static Napi::FunctionReference explain;
  explain = Napi::Persistent(options.Get("explain").As<Napi::Function>());
  explain.SuppressDestruct();
  const auto ask = [](const std::string& act) {
    const Napi::HandleScope scope(explain.Env());
    const Napi::Value said = explain.Call({Napi::String::New(explain.Env(), act)});
    if (explain.Env().IsExceptionPending()) explain.Env().GetAndClearPendingException();
    return said.IsString() ? text(said) : R"({"state":"given-up","reason":"act-before-gate"})";
  };
  return Napi::Boolean::New(info.Env(), zygote->heedActs(text(options.Get("ownFolder")), text(options.Get("manifest")), ask));
}

// learnQuestions(isForValue)
Napi::Value learnQuestions(const Napi::CallbackInfo& info) {
  ::learnQuestions(info[0].As<Napi::Boolean>().Value());
  return info.Env().Undefined();
}

// learnReaders(isLearning)
Napi::Value learnReaders(const Napi::CallbackInfo& info) {
  ::learnReaders(info[0].As<Napi::Boolean>().Value());
  return info.Env().Undefined();
}

// attributeQuestions(noteAsker): the platform's noteAskerFunction().
Napi::Value attributeQuestions(const Napi::CallbackInfo& info) {
  bool lossless = false;
  ::attributeQuestions(static_cast<uintptr_t>(info[0].As<Napi::BigInt>().Uint64Value(&lossless)));
  return info.Env().Undefined();
}

// hearSurroundings()
Napi::Value hearSurroundings(const Napi::CallbackInfo& info) {
  ::hearSurroundings();
  return info.Env().Undefined();
}

// doOwnWork(isOwn)
Napi::Value doOwnWork(const Napi::CallbackInfo& info) {
  markOwnWork(info[0].As<Napi::Boolean>().Value());
  return info.Env().Undefined();
}

Napi::Value obstacle(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), zygote->obstacle()); }

// goOn({ manifest, manifestOfAct, seconds, heedsQuestions })
Napi::Value goOn(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  zygote->goOn(text(options.Get("manifest")), text(options.Get("manifestOfAct")), options.Get("seconds").As<Napi::Number>().Uint32Value(),
               options.Get("heedsQuestions").As<Napi::Boolean>().Value());
  return info.Env().Undefined();
}

// openFiles(): how many files, directories and named pipes this process has open.
Napi::Value openFiles(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(::openFiles())); }

// inFlight(): what is under way in the event loop.
Napi::Value inFlight(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), zygote->inFlight()); }

// dateReadings(): how often the program has read the time of day since goOn().
Napi::Value dateReadings(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(::dateReadings())); }

// setClockBack(ns: bigint): whether the program has read the clock since it goes on; if not, nothing is done.
Napi::Value setClockBack(const Napi::CallbackInfo& info) {
  bool lossless;
  return Napi::Boolean::New(info.Env(), ::setClockBack(info[0].As<Napi::BigInt>().Int64Value(&lossless)));
}

// randomDraws(): how often OpenSSL was asked for random bytes.
Napi::Value randomDraws(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(cryptoRandomDraws())); }

Napi::Value abandon(const Napi::CallbackInfo& info) { zygote->abandon(text(info[0]), text(info[1]), text(info[2])); }

Parking parkingFrom(const Napi::Object& options) {
  Parking parking;
  parking.manifest = text(options.Get("manifest"));
  parking.idle_ms = options.Get("idleMs").As<Napi::Number>().Int64Value();
  bool lossless;
  parking.quiesce = reinterpret_cast<void (*)()>(static_cast<uintptr_t>(options.Get("quiesce").As<Napi::BigInt>().Uint64Value(&lossless)));
  parking.questions.searched = texts(options.Get("searchedArguments"));
  parking.questions.arguments = texts(options.Get("arguments"));
  parking.questions.asks_all_arguments = options.Get("asksAllArguments").As<Napi::Boolean>().Value();
  parking.questions.entry = text(options.Get("entry"));
  parking.questions.asks_entry = options.Get("asksEntry").As<Napi::Boolean>().Value();
  for (const std::string& fd : texts(options.Get("askedSizes"))) parking.questions.asks_size[fd[0] - '0'] = true;
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
  stopHearingCryptoRandom();
  if (!zygote->park(parking, &run)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), run.image.ok() ? "image" : run.orders.ok() ? "standby" : "run");
}

// handleCount(): libuv's handles.
Napi::Value handleCount(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(zygote->handleCount())); }

// beginBase(entry): why it cannot; '' if it can. To be followed by heedActs().
Napi::Value beginBase(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), zygote->beginBase(text(info[0]))); }

// wasLookedFor(file): by a module of the base's packages.
Napi::Value wasLookedFor(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), zygote->wasLookedFor(text(info[0]))); }

// parkAsBase({ planned, idleMs, entry, own }): RETURNS IN EVERY ZYGOTE that is made from this base: { manifest, pid }. Undefined: could not park.
Napi::Value parkAsBase(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  const int64_t idle_ms = options.Get("idleMs").As<Napi::Number>().Int64Value();
  if (!zygote->parkAsBase({text(options.Get("planned")), idle_ms, text(options.Get("entry")), texts(options.Get("own"))})) return info.Env().Undefined();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("manifest", zygote->manifest());
  result.Set("pid", getpid());
  return result;
}

// becomeRun(facts): once, after park(). Fills in what a run has to know. An object that has these properties already: for V8 to add one to a new object
// takes a look at the shapes of all that begin alike, which are in memory that the run has not touched so far.
Napi::Value becomeRun(const Napi::CallbackInfo& info) {
  zygote->becomeRun(parking, &run);
  renewCryptoRandom();
  debugSignalInRun();
  takeCommandLine(run.request.exec_arguments, run.request.arguments);
  // Kept for the run's life, for its end is what the zygote's report waits for.
  [[maybe_unused]] const int conversation = run.conversation.release();
  Napi::Object facts = info[0].As<Napi::Object>();
  facts.Set("args", toArray(info.Env(), run.request.arguments));
  facts.Set("execArgv", toArray(info.Env(), run.request.exec_arguments));
  facts.Set("parentPid", run.request.parent_pid);
  facts.Set("pid", getpid());
  facts.Set("startedNs", Napi::BigInt::New(info.Env(), run.request.started_ns));
  return info.Env().Undefined();
}

// runOptions(): process.execArgv of the run; in any thread of it, once it is one.
Napi::Value runOptions(const Napi::CallbackInfo& info) { return toArray(info.Env(), run.request.exec_arguments); }

// takeProcessName(): in a run, after process.title was set, which sets the other name of a process as well.
Napi::Value takeProcessName(const Napi::CallbackInfo& info) {
  ::takeProcessName(text(info[0]));
  return info.Env().Undefined();
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

// runtimePath(): where it is, or would be.
Napi::Value runtimePath(const Napi::CallbackInfo& info) {
  char path[RUNTIME_PATH_MAX];
  return Napi::String::New(info.Env(), runtime_dir_path(path) ? path : "");
}

// programKey({ ...program, args }): what a zygote for such a run is found by; undefined if there cannot be one.
Napi::Value programKey(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  ProgramFacts facts = programFrom(options);
  std::string key;
  runtime_dir dir;
  if (!facts.key(&key) || !runtime_dir_open(&dir, false)) return info.Env().Undefined();
  const UniqueFd dir_fd(dir.fd);
  facts.chooseVariant(dir, texts(options.Get("args")), &key);
  return Napi::String::New(info.Env(), key);
}

// isClaimed(key): whether its zygote is there, or on its way.
Napi::Value isClaimedKey(const Napi::CallbackInfo& info) {
  runtime_dir dir;
  if (!runtime_dir_open(&dir, false)) return Napi::Boolean::New(info.Env(), false);
  const UniqueFd dir_fd(dir.fd);
  return Napi::Boolean::New(info.Env(), isClaimed(dir, text(info[0])));
}

// removeLeftovers(key): how many bytes, or undefined if they are a zygote's.
Napi::Value removeLeftoversOf(const Napi::CallbackInfo& info) {
  runtime_dir dir;
  if (!runtime_dir_open(&dir, false)) return info.Env().Undefined();
  const UniqueFd dir_fd(dir.fd);
  const std::optional<int64_t> bytes = removeLeftovers(dir, text(info[0]));
  return bytes ? Napi::Number::New(info.Env(), static_cast<double>(*bytes)) : info.Env().Undefined();
}

// budget(): { bytes, zygotes }.
Napi::Value budgetObject(const Napi::CallbackInfo& info) {
  const Budget budget = budgetOfUser();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("bytes", static_cast<double>(budget.bytes));
  result.Set("zygotes", static_cast<double>(budget.zygotes));
  return result;
}

// kernelAbilities(): { name: boolean }.
Napi::Value kernelAbilitiesObject(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  for (const Ability& ability : kernelAbilities()) result.Set(ability.name, ability.is_there);
  return result;
}

// leaveFunction(): the address, as a BigInt, that the platform part calls when Node decides to end a run.
Napi::Value leaveFunction(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(reinterpret_cast<uintptr_t>(&leaveRun))); }

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) { exports.Set(name, Napi::Function::New(env, function, name)); };
  add("becomeClient", becomeClient);
  add("claimProgram", claimProgram);
  add("prepareZygote", prepareZygote);
  add("startZygote", startZygote);
  add("noteRun", noteRun);
  add("dropClaim", dropClaim);
  add("beginZygote", beginZygote);
  add("openChannel", openChannel);
  add("consulted", consulted);
  add("heedActs", heedActs);
  add("doOwnWork", doOwnWork);
  add("hearSurroundings", hearSurroundings);
  add("learnQuestions", learnQuestions);
  add("learnReaders", learnReaders);
  add("attributeQuestions", attributeQuestions);
  add("obstacle", obstacle);
  add("goOn", goOn);
  add("openFiles", openFiles);
  add("inFlight", inFlight);
  add("dateReadings", dateReadings);
  add("setClockBack", setClockBack);
  add("randomDraws", randomDraws);
  add("abandon", abandon);
  add("park", park);
  add("handleCount", handleCount);
  add("beginBase", beginBase);
  add("wasLookedFor", wasLookedFor);
  add("parkAsBase", parkAsBase);
  add("becomeRun", becomeRun);
  add("runOptions", runOptions);
  add("takeProcessName", takeProcessName);
  add("leaveFunction", leaveFunction);
  add("converse", converse);
  add("runtimeDirectory", runtimeDirectory);
  add("runtimePath", runtimePath);
  add("programKey", programKey);
  add("isClaimed", isClaimedKey);
  add("removeLeftovers", removeLeftoversOf);
  add("budget", budgetObject);
  add("kernelAbilities", kernelAbilitiesObject);
  exports.Set("hearsRandomDraws", canHearCryptoRandom());
  exports.Set("build", INSTASTART_VERSION " " INSTASTART_BUILD);
  return exports;
}

}  // namespace

NODE_API_MODULE(instastart, initialize)
