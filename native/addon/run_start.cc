#include "addon/run_start.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "addon/hot_pages.h"
#include "addon/late_teardown.h"
#include "addon/stdio_state.h"
#include "wire/frame.h"
#include "wire/variables.h"

extern "C" void uv_disable_stdio_inheritance(void);

static int run_conversation = -1;  // of a forked run

static bool is_thawed = false;

[[noreturn]] static void giveUp() { _exit(127); }

// The kernel kills this process when the client's end closes, however busy it is: F_SETSIG and O_ASYNC (fcntl(2)). Nothing is ever
// sent on it, so the only event is the end. Close-on-exec, and only this process is signalled: its children are their own masters.
static void armLifeLine(UniqueFd& life_line) {
  const int fd = life_line.release();
  if (fcntl(fd, F_SETOWN, getpid()) != 0 || fcntl(fd, F_SETSIG, SIGKILL) != 0 || fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) != 0) giveUp();
  pollfd gone{fd, POLLIN, 0};
  if (poll(&gone, 1, 0) != 0) giveUp();
}

// A stream that was made before the gate works on descriptor `stream`; lets it work on what `fd` is now, as libuv would have set it up.
static void rebindStream(int fd, int stream) {
  if (isatty(fd)) {
    // Opened anew, so that O_NONBLOCK is not shared with the other processes on the terminal (libuv, uv_tty_init).
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const UniqueFd own(open(path, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (own.ok() && dup2(own.get(), fd) < 0) giveUp();
  }
  if (stream != fd && dup3(fd, stream, O_CLOEXEC) < 0) giveUp();
  fcntl(stream, F_SETFL, fcntl(stream, F_GETFL) | O_NONBLOCK);
}

static void rebindStreams(const std::vector<std::pair<int, int>>& rebinds) {
  for (const auto& [fd, stream] : rebinds) rebindStream(fd, stream);
}

static void takeStdio(RunRequest& request, const std::vector<std::pair<int, int>>& rebinds) {
  for (int fd = 0; fd <= 2; fd++) {
    UniqueFd& given = request.stdio[fd];
    // Node opens /dev/null in the place of a closed one.
    if (!given.ok()) given.reset(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (dup2(given.get(), fd) < 0) giveUp();
  }
  for (UniqueFd& given : request.stdio) given.reset();
  rememberStdio();
  rebindStreams(rebinds);
}

static bool tellStarted(int conversation) {
  const int32_t pid = getpid();
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const int descriptor = pidfd.get();
  return frame_send(conversation, MESSAGE_STARTED, &pid, sizeof pid, &descriptor, pidfd.ok() ? 1 : 0, now_ms() + 1000);
}

void prepareRun(pid_t zygote, const HeapPages& heap_pages, EventLoop& loop) {
  heap_pages.restore();
  Dispositions::leaveZygote();
  // A process group of its own, so that signals can be sent to it and its children as to a foreground job. Not a session: a group
  // without a parent in its session is orphaned, and the kernel does not stop it by SIGTSTP (setpgid(2)).
  if (setpgid(0, 0) != 0) giveUp();
  // libuv: a new epoll instance and signal pipe; its thread pool has renewed itself (pthread_atfork).
  if (loop.afterFork() != 0) giveUp();
  if (zygote == 0) return;
  // By the kernel, for a stopped standby would not see its order socket close.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != zygote) giveUp();
}

void startRun(RunRequest& request, int conversation, const std::vector<std::pair<int, int>>& rebinds, const Dispositions& dispositions,
              const EnvironmentChanges& changes) {
  // 1. Dies with its client, no longer with its zygote.
  armLifeLine(request.life_line);
  prctl(PR_SET_PDEATHSIG, 0);
  // 2. The client's descriptors, directory, umask and environment.
  takeStdio(request, rebinds);
  if (fchdir(request.cwd.get()) != 0) giveUp();
  request.cwd.reset();
  umask(static_cast<mode_t>(request.umask));
  installEnvironment(std::move(request.environment), changes);
  // 3. The program's signal handlers, now that the pipe they write to is this process's own.
  dispositions.restore();
  restoreStdioOnSignals(dispositions);
  // 4. From here on the client counts on this process.
  if (!tellStarted(conversation)) giveUp();
  run_conversation = conversation;
}

// As Node does at its start (node.cc, PlatformInit): the soft limit becomes the hard one, or as much of it as the kernel allows.
static void raiseDescriptorLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  rlim_t least = limit.rlim_cur, most = 1 << 20;
  if (limit.rlim_max != RLIM_INFINITY) least = most = limit.rlim_max;
  do {
    limit.rlim_cur = least + (most - least) / 2;
    (setrlimit(RLIMIT_NOFILE, &limit) == 0 ? least : most) = limit.rlim_cur;
  } while (least + 1 < most);
}

void startThawedRun(const image_handover& handover, RunRequest* request, EventLoop& loop, const std::vector<std::pair<int, int>>& rebinds,
                    const Dispositions& dispositions, const EnvironmentChanges& changes) {
  is_thawed = true;
  // What the client came from; the handover behind it stays, for `ps` reads it.
  munmap(reinterpret_cast<void*>(handover.mapping), handover.mapping_length);
  // As Node does at its start: what the caller has handed down is the program's, and not its children's.
  uv_disable_stdio_inheritance();
  raiseDescriptorLimit();
  if (loop.afterFork() != 0) giveUp();
  rememberStdio();
  rebindStreams(rebinds);
  char** const options = handover.arguments + 1;
  request->exec_arguments.assign(options, options + handover.option_count);
  request->arguments.assign(options + handover.option_count, handover.arguments + handover.argument_count);
  request->parent_pid = getppid();
  request->started_ns = handover.started_ns;
  std::vector<std::string> environment;
  for (char** variable = handover.environment; *variable; variable++)
    if (!is_of_channel(*variable)) environment.emplace_back(*variable);
  installEnvironment(std::move(environment), changes);
  dispositions.restore();
  restoreStdioOnSignals(dispositions);
}

void leaveRun(int code) {
  if (run_conversation < 0 && !is_thawed) giveUp();
  fflush(nullptr);
  restoreStdio();
  if (is_thawed) {
    tellWrittenPages();
    _exit(code & 0xff);
  }
  const int32_t status = (code & 0xff) << 8;
  // Should the client be gone, nobody wants to know.
  frame_send(run_conversation, MESSAGE_LEAVING, &status, sizeof status, nullptr, 0, now_ms());
  leaveMemoryToOther();
  _exit(code & 0xff);
}
