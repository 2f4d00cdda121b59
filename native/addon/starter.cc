#include "addon/starter.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "addon/low_descriptors.h"
#include "addon/manifest.h"
#include "addon/sandbox.h"
#include "addon/warming_slot.h"
#include "wire/frame.h"

// Processor time of all threads of this process: on Node 20 loading goes on in several.
static int64_t cpuMs() {
  timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1000 + used.tv_nsec / 1'000'000;
}

std::optional<Claim> Claim::take(const runtime_dir& dir, const std::string& key, std::string* reason) {
  Claim claim;
  claim.dir_ = dir;
  claim.dir_fd_.reset(dir.fd);
  std::optional<UniqueFd> command = commandOfSandbox();
  if (!command) {
    *reason = "passing-sandbox";
    return {};
  }
  claim.command_ = std::move(*command);
  claim.key_ = key;
  claim.manifest_fd_ = claimManifest(dir, key);
  if (!claim.manifest_fd_.ok()) {
    *reason = errno == EWOULDBLOCK ? "claimed" : std::string("the manifest cannot be opened: ") + strerror(errno);
    return {};
  }
  claim.cwd_.reset(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!claim.cwd_.ok()) {
    *reason = std::string("the working directory cannot be opened: ") + strerror(errno);
    return {};
  }
  char part[4096];
  for (ssize_t got; (got = read(claim.manifest_fd_.get(), part, sizeof part)) > 0;) claim.previous_.append(part, static_cast<size_t>(got));
  for (char** entry = environ; *entry; entry++) claim.environment_.emplace_back(*entry);
  claim.stand_ins_ = planStandIns();
  claim.umask_ = umask(0);
  umask(claim.umask_);
  claim.claimed_cpu_ms_ = cpuMs();
  return claim;
}

void Claim::forgetIfNew() const {
  if (previous_.empty()) unlinkat(dir_.fd, (key_ + ".json").c_str(), 0);
}

// Between fork and exec: only async-signal-safe calls, for another thread may have held any lock.
void Claim::becomeZygote(char* const* argv, char* const* environment, int listener, int slot, int observer) {
  int far_ends[STAND_IN_COUNT];
  if (fchdir(cwd_.get()) == 0 && installStandIns(stand_ins_, far_ends)) {
    umask(umask_);
    // Out of the way of the fixed numbers first, then to them; dup2 clears close-on-exec.
    const int manifest = fcntl(manifest_fd_.get(), F_DUPFD, 16);
    listener = fcntl(listener, F_DUPFD, 16);
    slot = fcntl(slot, F_DUPFD, 16);
    observer = fcntl(observer, F_DUPFD, 16);
    const int command = fcntl(command_.get(), F_DUPFD, 16);
    // Where there is nothing to hand over, so that the zygote finds all of its fixed numbers taken.
    const int nothing = fcntl(open("/dev/null", O_RDWR | O_CLOEXEC), F_DUPFD, 16);
    for (int& end : far_ends)
      if (end >= 0) end = fcntl(end, F_DUPFD, 16);
    dup2(manifest, ZYGOTE_MANIFEST);
    dup2(listener, ZYGOTE_LISTENER);
    for (int i = 0; i < STAND_IN_COUNT; i++) dup2(far_ends[i] >= 0 ? far_ends[i] : nothing, ZYGOTE_FAR_ENDS + i);
    dup2(slot >= 0 ? slot : nothing, ZYGOTE_SLOT);
    dup2(command >= 0 ? command : nothing, ZYGOTE_COMMAND);
    dup2(observer >= 0 ? observer : nothing, ZYGOTE_OBSERVER);
    // Nothing else of the program that starts it.
    syscall(SYS_close_range, ZYGOTE_OBSERVER + 1, ~0U, 0);
    takeLowDescriptors(ZYGOTE_OBSERVER + 1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(plan_.node.c_str(), argv, environment);
  }
  _exit(127);
}

static std::vector<char*> pointersTo(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// By its descriptor: spaces and colons in a path would separate libraries (ld.so(8)).
static void preloadObserver(std::vector<std::string>* environment) {
  static const std::string name = "LD_PRELOAD=", library = "/proc/self/fd/" + std::to_string(ZYGOTE_OBSERVER);
  for (std::string& assignment : *environment) {
    if (assignment.compare(0, name.size(), name) != 0) continue;
    assignment = name + library + ":" + assignment.substr(name.size());
    return;
  }
  environment->push_back(name + library);
}

int64_t Claim::computedMs() const { return cpuMs() - claimed_cpu_ms_; }

bool Claim::start() {
  if (computedMs() < plan_.least_cpu_ms) {
    writeManifest(manifest_fd_.get(), R"({"state":"given-up","reason":"saves-little",)" + plan_.manifest);
    return true;
  }
  UniqueFd slot;
  if (!takeWarmingSlot(dir_, &slot)) {
    writeManifest(manifest_fd_.get(), R"({"state":"given-up","reason":"busy",)" + plan_.manifest);
    return false;
  }
  const UniqueFd listener = announceZygote(dir_, key_, manifest_fd_.get(), now_ms() - plan_.started_ms, plan_.manifest);
  if (!listener.ok()) return true;
  const UniqueFd observer(open(plan_.observer.c_str(), O_RDONLY | O_CLOEXEC));
  if (observer.ok()) preloadObserver(&environment_);
  const std::vector<char*> arguments = pointersTo(plan_.argv), environment = pointersTo(environment_);
  const pid_t first = fork();
  if (first < 0) return true;
  if (first == 0) {
    // A session of its own and an orphan: neither the terminal's signals nor the program's wait() find it.
    setsid();
    const pid_t second = fork();
    if (second != 0) _exit(second < 0 ? 1 : 0);
    becomeZygote(arguments.data(), environment.data(), listener.get(), slot.get(), observer.get());
  }
  int status;
  while (waitpid(first, &status, 0) < 0 && errno == EINTR) continue;
  return true;
}
