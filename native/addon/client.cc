#include "addon/client.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include "addon/environment.h"
#include "addon/unique_fd.h"
#include "wire/ask.h"
#include "wire/descriptors.h"
#include "wire/frame.h"
#include "wire/program.h"
#include "wire/variables.h"

// When Node says that its process started (src/node_perf.cc).
namespace node::performance {
extern uint64_t performance_process_start __attribute__((weak));
}

namespace {

int64_t nodeStartedNs() {
  const uint64_t* const started = &node::performance::performance_process_start;
  return started ? static_cast<int64_t>(*started) : now_ns();
}

std::vector<const char*> pointers(const std::vector<std::string>& values) {
  std::vector<const char*> result;
  for (const std::string& value : values) result.push_back(value.c_str());
  return result;
}

// A descriptor that survives the exec to come.
bool keepAcrossExec(int fd) { return fcntl(fd, F_SETFD, 0) == 0; }

// What the caller has handed down survives it, too; marked again by Node's rule if there is none after all.
class KeptDescriptors {
 public:
  KeptDescriptors(const int* fds, int count) {
    for (int i = 0; i < count; i++)
      if (fcntl(fds[i], F_GETFD) & FD_CLOEXEC && keepAcrossExec(fds[i])) marked_.push_back(fds[i]);
  }
  ~KeptDescriptors() {
    for (int fd : marked_) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }

 private:
  std::vector<int> marked_;
};

// What a parent says of the channel, for a client that becomes the run, or Node once more.
class ChannelInEnvironment {
 public:
  explicit ChannelInEnvironment(const channel& channel) : is_needed_(channel.fd >= 0) {
    if (!is_needed_) return;
    setenv(CHANNEL_FD, std::to_string(channel.fd).c_str(), 1);
    setenv(CHANNEL_SERIALIZATION, channel.serialization, 1);
  }
  ~ChannelInEnvironment() {
    if (!is_needed_) return;
    unsetenv(CHANNEL_FD);
    unsetenv(CHANNEL_SERIALIZATION);
  }

 private:
  const bool is_needed_;
};

std::string followArgument(const offer& offer, int64_t asked_at, size_t option_count, int64_t started_ns) {
  std::string argument = "--follow=";
  for (const int64_t number : {int64_t{offer.conversation}, int64_t{offer.image}, int64_t{offer.may_fork}, asked_at, static_cast<int64_t>(option_count)}) argument += std::to_string(number) + ",";
  return argument + std::to_string(started_ns);
}

}  // namespace

bool ProgramFacts::key(std::string* result) {
  const auto arguments = pointers(exec_arguments);
  // Node has taken out of its environment what the parent has said of it.
  if (has_channel) {
    const std::vector<std::string> initial = initialEnvironment();
    auto variables = pointers(initial);
    variables.push_back(nullptr);
    if (!find_channel(variables.data(), &to_parent) || to_parent.fd < 0) return false;
  }
  const program program = {node.c_str(), argv0.c_str(), entry.c_str(), arguments.data(), arguments.size(), register_path.c_str(), &here, &to_parent};
  char digits[KEY_LENGTH + 1];
  if (!find_surroundings(&here) || !program_key(&program, digits)) return false;
  *result = digits;
  return true;
}

asked_arguments ProgramFacts::chooseVariant(const runtime_dir& dir, const std::vector<std::string>& arguments, std::string* key) {
  const auto texts = pointers(arguments);
  const asked_process process = {texts.data(), texts.size(), environ, entry.c_str(), &here};
  return choose_variant(&dir, &process, key->data());
}

std::string becomeClient(ProgramFacts* facts, const std::string& client, std::vector<std::string> arguments, std::string* key) {
  int inherited[MOST_INHERITED];
  const int inherited_count = find_inherited_descriptors(inherited);
  if (inherited_count < 0) return "inherited-descriptors";
  runtime_dir dir;
  if (!facts->key(key)) return facts->has_channel && facts->to_parent.fd < 0 ? "ipc-channel" : "entry-not-a-file";
  if (!runtime_dir_open(&dir, false)) return "absent";
  const UniqueFd dir_fd(dir.fd);
  arguments.insert(arguments.begin(), facts->entry);
  const auto argument_pointers = pointers(arguments), exec_pointers = pointers(facts->exec_arguments);
  const run_request request = {argument_pointers.data(), argument_pointers.size(), exec_pointers.data(), exec_pointers.size(), &facts->here, inherited_count > 0, nodeStartedNs()};
  struct offer offer;
  char why[REASON_MAX] = "";
  const int64_t asked_at = now_ms();
  const ChannelInEnvironment announced(facts->to_parent);
  if (access(client.c_str(), X_OK) != 0) return "no-client";
  if (!ask_for_run(&dir, key->c_str(), &request, &offer, why)) return why;
  const UniqueFd conversation(offer.conversation), image(offer.image);

  // On failure the client executes exactly the command that this Node was started with.
  std::vector<std::string> command = {facts->argv0, followArgument(offer, asked_at, facts->exec_arguments.size(), nodeStartedNs()), facts->node, facts->argv0};
  command.insert(command.end(), facts->exec_arguments.begin(), facts->exec_arguments.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto argv = pointers(command);
  argv.push_back(nullptr);
  // Node marks even these as it starts (uv_disable_stdio_inheritance); a closed one stays closed.
  for (int fd = 0; fd <= 2; fd++) keepAcrossExec(fd);
  const KeptDescriptors kept(inherited, inherited_count);
  if (!keepAcrossExec(offer.conversation) || (image.ok() && !keepAcrossExec(offer.image))) return "no-client";
  execv(client.c_str(), const_cast<char* const*>(argv.data()));
  return "no-client";
}
