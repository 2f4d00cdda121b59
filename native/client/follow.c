#include "client/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/ask.h"
#include "wire/frame.h"

// A zygote that accepted forks within milliseconds; longer means that it is stopped or gone.
enum { STARTS_WITHIN_MS = 5000 };

enum { SO_PEERPIDFD_OPTION = 77 };  // include/uapi/asm-generic/socket.h

struct run {
  pid_t pid;
  int pidfd;    // -1 where the kernel has none
  int leaving;  // wait status the run announced, -1 before
};

static void forward(const struct run *run, const struct signalfd_siginfo *info) {
  int signal = (int)info->ssi_signo;
  // The terminal sends to the whole foreground group; the run leads a group of its own, with the children it started.
  if (info->ssi_code == SI_KERNEL) kill(-run->pid, signal);
  else if (run->pidfd >= 0) syscall(SYS_pidfd_send_signal, run->pidfd, signal, NULL, 0);
  else kill(run->pid, signal);
}

static void take_default(int signal) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(signal, &action, NULL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  raise(signal);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
}

// Stops as the run stopped, so that the shell sees its job stop; blocks the signal again once continued. Nobody is there to continue an
// orphaned process group, so the kernel does not let it stop by a terminal's signals (setpgid(2)): then the run goes on as well.
static void stop_by(const struct run *run, int signal) {
  take_default(signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU ? signal : SIGSTOP);
  sigset_t all, pending;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  sigpending(&pending);
  // A SIGCONT that ended the stop waits to be forwarded.
  if (!sigismember(&pending, SIGCONT)) kill(-run->pid, SIGCONT);
}

static void report_time(int debug_fd, int64_t asked_at, bool direct) {
  if (debug_fd >= 0) dprintf(debug_fd, "instastart: warm run, %lld ms since %s\n", (long long)(now_ms() - asked_at), direct ? "start" : "asking");
}

__attribute__((noreturn)) static void end_by(int status) {
  if (WIFSIGNALED(status)) {
    // The core, if any, is the run's; this process has nothing to tell in one.
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    take_default(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
  }
  _exit(WEXITSTATUS(status));
}

// Linux 6.15: tells how any process that we hold a pidfd of has ended (include/uapi/linux/pidfd.h).
struct pidfd_info_v2 {
  uint64_t mask;
  uint64_t cgroupid;
  uint32_t ids[14];
  int32_t exit_code;
  uint32_t padding[3];
};
#define GET_INFO _IOWR(0xFF, 11, struct pidfd_info_v2)
enum { PIDFD_INFO_EXIT_BIT = 1 << 3 };

// The zygote is gone. Waits for the run's end, which it announced itself unless a signal killed it. Where the kernel cannot tell
// which, SIGKILL is the likely one: whoever killed the zygote was tidying up.
__attribute__((noreturn)) static void end_without_zygote(const struct run *run) {
  if (run->pidfd >= 0) {
    struct pollfd ended = {.fd = run->pidfd, .events = POLLIN};
    while (poll(&ended, 1, -1) < 0 && errno == EINTR) continue;
    struct pidfd_info_v2 info = {.mask = PIDFD_INFO_EXIT_BIT};
    if (run->leaving < 0 && ioctl(run->pidfd, GET_INFO, &info) == 0 && (info.mask & PIDFD_INFO_EXIT_BIT)) end_by(info.exit_code);
  }
  end_by(run->leaving >= 0 ? run->leaving : SIGKILL);
}

static int32_t number_in(const struct frame_reader *message) {
  int32_t number = 0;
  if (message->header.length >= sizeof number) memcpy(&number, message->payload, sizeof number);
  return number;
}

// A zygote that accepted and then went silent is stopped or stuck, and what was sent to it (a pipe's end, perhaps) stays open as long as it
// lives. It is of no use to anybody.
static void end_stuck_zygote(int socket) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  // Linux 6.5; elsewhere the pid must do. Either way it is killed only if it calls itself a zygote.
  int pidfd = -1;
  size = sizeof pidfd;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD_OPTION, &pidfd, &size) != 0) pidfd = -1;
  static const char title[] = "instastart zygote ";
  char path[64], command[sizeof title] = "";
  snprintf(path, sizeof path, "/proc/%d/cmdline", (int)peer.pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool is_zygote = fd >= 0 && read(fd, command, sizeof title - 1) == sizeof title - 1 && strcmp(command, title) == 0;
  if (fd >= 0) close(fd);
  if (is_zygote && pidfd >= 0) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
  else if (is_zygote) kill(peer.pid, SIGKILL);
  if (pidfd >= 0) close(pidfd);
}

// Waits for STARTED. False: no run, and none will come of it.
static bool wait_for_start(int socket, struct run *run) {
  struct frame_reader message;
  frame_reader_init(&message, MAX_SMALL_MESSAGE);
  enum frame_state state = frame_receive(&message, socket, now_ms() + STARTS_WITHIN_MS);
  if (state == FRAME_PARTIAL) {
    // From here on a run that wants to start finds this end shut and leaves before its first line; unless it was quicker.
    shutdown(socket, SHUT_RDWR);
    state = frame_receive(&message, socket, now_ms());
    if (state != FRAME_COMPLETE) end_stuck_zygote(socket);
  }
  bool started = state == FRAME_COMPLETE && message.header.type == MESSAGE_STARTED;
  if (started) {
    run->pid = number_in(&message);
    run->pidfd = message.descriptor_count > 0 ? message.descriptors[0] : -1;
    message.descriptor_count = 0;
  }
  frame_reader_reset(&message);
  return started;
}

// False once the conversation is over without the zygote's report.
static bool handle_message(struct run *run, int socket, struct frame_reader *message, int debug_fd, int64_t asked_at, bool direct) {
  enum frame_state state = frame_reader_advance(message, socket);
  if (state == FRAME_PARTIAL) return true;
  if (state != FRAME_COMPLETE) return false;
  int32_t number = number_in(message);
  uint16_t type = message->header.type;
  frame_reader_reset(message);
  if (type == MESSAGE_STOPPED) stop_by(run, number);
  if (type == MESSAGE_LEAVING) run->leaving = number;
  if (type == MESSAGE_EXITED) {
    report_time(debug_fd, asked_at, direct);
    end_by(number);
  }
  return true;
}

void follow(int conversation, int64_t asked_at, bool direct) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  struct run run = {.pidfd = -1, .leaving = -1};
  int life_line;
  bool ordered = order_run(conversation, &life_line);
  if (!ordered || !wait_for_start(conversation, &run)) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(conversation);
    if (ordered) close(life_line);
    return;
  }
  const char *debug = getenv("INSTASTART_DEBUG");
  int debug_fd = debug && strcmp(debug, "1") == 0 ? fcntl(2, F_DUPFD_CLOEXEC, 3) : -1;
  // The run holds these now; a reader of its output must see the end when the run closes them.
  for (int fd = 0; fd <= 2; fd++) close(fd);

  int signals = signalfd(-1, &all, SFD_CLOEXEC);
  struct frame_reader message;
  frame_reader_init(&message, MAX_SMALL_MESSAGE);
  struct pollfd watched[] = {{.fd = conversation, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[1].revents & POLLIN) {
      struct signalfd_siginfo info;
      // SIGCHLD is about nobody: this process has no children.
      if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD) forward(&run, &info);
    }
    if (watched[0].revents && !handle_message(&run, conversation, &message, debug_fd, asked_at, direct)) end_without_zygote(&run);
  }
}
