#include "addon/dispositions.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

static int signal_pipe = -1;

constexpr int noted_signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};

static void noteSignal(int signal) {
  const int error = errno;
  const char byte = static_cast<char>(signal);
  // A full pipe holds a byte already that wakes the loop, which then looks at everything.
  [[maybe_unused]] const ssize_t written = write(signal_pipe, &byte, 1);
  errno = error;
}

int Dispositions::park() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  signal_pipe = ends[1];
  for (int signal = 1; signal < _NSIG; signal++) {
    if (sigaction(signal, nullptr, &actions_[signal]) != 0) {
      actions_[signal] = {};
      continue;
    }
    const bool handled = actions_[signal].sa_handler != SIG_DFL && actions_[signal].sa_handler != SIG_IGN;
    // V8 and glibc keep handlers for faults; those must stay, for a fault while parked is a crash in any case.
    if (!handled || signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP) continue;
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(signal, &ignore, nullptr);
  }
  for (int signal : noted_signals) {
    struct sigaction note{};
    note.sa_handler = noteSignal;
    note.sa_flags = SA_RESTART;
    sigfillset(&note.sa_mask);
    sigaction(signal, &note, nullptr);
  }
  return ends[0];
}

void Dispositions::leaveZygote() {
  for (int signal : noted_signals) {
    struct sigaction byDefault{};
    byDefault.sa_handler = SIG_DFL;
    sigaction(signal, &byDefault, nullptr);
  }
  close(signal_pipe);
  signal_pipe = -1;
}

void Dispositions::restore() const {
  for (int signal = 1; signal < _NSIG; signal++)
    if (signal != SIGKILL && signal != SIGSTOP) sigaction(signal, &actions_[signal], nullptr);
}
