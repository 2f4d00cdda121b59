#include "addon/stdio_state.h"

#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <pthread.h>
#include <sys/stat.h>
#include <termios.h>

extern "C" int uv_tty_reset_mode(void);

namespace {

struct Found {
  bool is_open, is_terminal;
  struct stat info;
  int flags;
  termios modes;
};

Found found[3];

// A job in the background would be stopped (tcsetattr(3)).
void setModes(int fd, const termios& modes) {
  sigset_t background;
  sigemptyset(&background);
  sigaddset(&background, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &background, nullptr);
  while (tcsetattr(fd, TCSANOW, &modes) != 0 && errno == EINTR) continue;
  pthread_sigmask(SIG_UNBLOCK, &background, nullptr);
}

// Its handler is gone by now (SA_RESETHAND): the run dies of the signal, as whoever waits for it expects.
void restoreAndDie(int signal) {
  restoreStdio();
  raise(signal);
}

}  // namespace

void rememberStdio() {
  for (int fd = 0; fd <= 2; fd++) {
    Found& each = found[fd];
    each.is_open = fstat(fd, &each.info) == 0;
    each.flags = fcntl(fd, F_GETFL);
    each.is_terminal = tcgetattr(fd, &each.modes) == 0;
  }
}

void restoreStdio() {
  uv_tty_reset_mode();
  for (int fd = 0; fd <= 2; fd++) {
    const Found& each = found[fd];
    struct stat info;
    // The program may have opened something else there.
    if (!each.is_open || fstat(fd, &info) != 0 || info.st_dev != each.info.st_dev || info.st_ino != each.info.st_ino) continue;
    const int flags = fcntl(fd, F_GETFL);
    if ((flags ^ each.flags) & O_NONBLOCK) fcntl(fd, F_SETFL, flags ^ O_NONBLOCK);
    if (each.is_terminal) setModes(fd, each.modes);
  }
}

void restoreStdioOnSignals(const Dispositions& dispositions) {
  for (const int signal : {SIGINT, SIGTERM}) {
    // Node's own, unless modules listen or Node was told not to (SIGINT was ignored by its caller).
    struct sigaction action = dispositions.of(signal);
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN || !(action.sa_flags & static_cast<int>(SA_RESETHAND))) continue;
    action.sa_handler = restoreAndDie;
    sigaction(signal, &action, nullptr);
  }
}
