// A process namespace (pid_namespaces(7)) that was made for one command: bwrap's first process waits for all others before it ends, and with a
// zygote it would for minutes. So a zygote in one is left only where somebody can come back for it, and ends with that command.
#pragma once
#include <functional>
#include <optional>
#include <thread>
#include "addon/unique_fd.h"

// What a zygote that this process starts is to end with, as a descriptor of the process (pidfd_open(2)); none outside of such a namespace.
// Nothing if no zygote is to be started: this process is the command itself, or which one is cannot be told.
std::optional<UniqueFd> commandOfSandbox();

// In a zygote that is not in its own loop yet.
class CommandWatch {
 public:
  // Calls `leave`, on a thread of its own, when the command has ended. It has ended by then, and does not come back.
  void begin(int command, std::function<void()> leave);
  // Before the process is forked.
  void end();
  ~CommandWatch() { end(); }

 private:
  UniqueFd orders_;
  std::thread thread_;
};
