// The loop of a parked zygote: accept, check, fork, report.
#pragma once
#include <csignal>
#include <memory>
#include <string>
#include <vector>
#include "addon/zygote.h"
#include "wire/frame.h"

class Server {
 public:
  Server(Zygote& zygote, const Parking& parking);
  bool ready() const { return signals_.ok(); }

  // Returns in runs only, once in each; the zygote leaves the process from here.
  Run serve();

 private:
  // A client or command: reading its message, then waiting for its GO, then being told about its run.
  struct Conversation {
    UniqueFd socket;
    frame_reader reader;
    std::unique_ptr<RunRequest> accepted;
    pid_t pid = 0;
    int64_t deadline;  // by when the peer must have said what it has to say; NO_DEADLINE while a run goes on
    explicit Conversation(UniqueFd socket);
    ~Conversation() { frame_reader_reset(&reader); }
  };
  using ConversationPtr = std::unique_ptr<Conversation>;

  void acceptAll();
  // Each returns false when the conversation is over. `*is_run` is set in the fork.
  bool advance(Conversation& conversation, bool* is_run);
  bool handleRequest(Conversation& conversation);
  bool reportStatus(Conversation& conversation);
  void refuse(Conversation& conversation, const std::string& reason);
  // Returns twice. In the zygote: whether there is a run. In the run: with *is_run set, and this object of no further use.
  bool forkRun(Conversation& conversation, bool* is_run);

  std::string unequalArgument(const RunRequest& request) const;
  void handleSignals();
  void reapRuns();
  // No more clients; the process ends when the last run has.
  void close();
  bool isReplaced() const;
  int pollTimeout() const;

  Zygote& zygote_;
  const Parking& parking_;
  UniqueFd signals_;
  std::vector<ConversationPtr> conversations_;
  bool closed_ = false;
  int64_t idle_since_;
  uint64_t served_ = 0, refused_ = 0;
};
