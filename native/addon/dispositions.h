// Signal dispositions across the parking: a parked zygote reacts natively, a run gets back what its modules had asked for.
#pragma once
#include <csignal>

class Dispositions {
 public:
  // Remembers all of them; then nothing of the program's is called any more, and CHLD, TERM, INT, HUP and QUIT arrive as bytes to be
  // read from the returned descriptor (owned by the caller; -1 if there is none). A handler and a pipe, not signalfd: Node has other
  // threads, which do not block these signals and so would swallow them.
  [[nodiscard]] int park();
  // In a fork of the parked zygote, whose signals are no longer the zygote's: their default until restore().
  static void leaveZygote();
  // In a run: everything as it was before park().
  void restore() const;
  // What a signal did before park().
  const struct sigaction& of(int signal) const { return actions_[signal]; }

 private:
  struct sigaction actions_[_NSIG];
};
