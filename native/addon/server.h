// The loop of a parked zygote: accept, check, fork, report.
#pragma once
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "addon/footing.h"
#include "addon/standby.h"
#include "addon/zygote_image.h"
#include "addon/zygote.h"
#include "wire/frame.h"

class Server {
 public:
  Server(Zygote& zygote, const Parking& parking);
  bool ready() const { return signals_.ok(); }

  // Returns in forks only, once in each; the zygote leaves the process from here.
  Run serve();

  // Makes the image and waits for it. True in its maker, which goes on as `run`.
  bool makeImageNow(Run* run);
  bool hasImage() const { return image_.isReady(); }

 private:
  // A client or command: reading its message, then waiting for its GO, then being told about its run.
  struct Conversation {
    UniqueFd socket;
    frame_reader reader;
    std::unique_ptr<RunRequest> waiting;  // for the image
    std::unique_ptr<RunRequest> accepted;
    pid_t pid = 0;
    pid_t peer;  // 0: in a process namespace that this one does not see
    int64_t deadline;  // by when the peer must have said what it has to say; NO_DEADLINE while a run goes on
    Conversation(UniqueFd socket, pid_t peer);
    ~Conversation() { frame_reader_reset(&reader); }
  };
  using ConversationPtr = std::unique_ptr<Conversation>;

  void acceptAll();
  // Each returns false when the conversation is over, and in a fork, where run_ is set.
  bool advance(Conversation& conversation);
  bool handleRequest(Conversation& conversation);
  bool answer(Conversation& conversation, std::unique_ptr<RunRequest> request);
  bool awaitImage(Conversation& conversation, std::unique_ptr<RunRequest> request);
  bool reportStatus(Conversation& conversation);
  void refuse(Conversation& conversation, const std::string& reason);
  bool handleGo(Conversation& conversation);
  bool mayFork(const Conversation& conversation) const;
  void began(Conversation& conversation, pid_t run);
  bool forkRun(Conversation& conversation);
  bool wantsStandby() const;
  void forkStandby();
  bool wantsImage() const;
  void forkImageMaker();
  void imageMakerEnded(int status);
  bool wantsCensus() const;
  void takeCensus();
  // In a fork: closes all that is the zygote's, but for what the run is to have. From here on this object is of no further use.
  void leaveZygote(Run run, pid_t zygote);

  void handleSignals();
  void reapRuns();
  ptrdiff_t runs() const;
  // No more clients; the process ends when the last run has. The manifest says why.
  void close(const std::string& reason);
  int pollTimeout() const;

  Zygote& zygote_;
  const Parking& parking_;
  const std::optional<std::string> attributes_;  // this process's
  UniqueFd signals_;
  Footing footing_;
  std::vector<ConversationPtr> conversations_;
  ZygoteImage image_;
  Standby standby_;
  // A client had use for a fork although there was an image.
  bool forks_wanted_ = false;
  // One that dies of itself is not made again.
  bool standby_failed_ = false;
  std::optional<Run> run_;
  bool closed_ = false;
  // Whether this zygote and the others are within the budget is seen to once, when it takes what it will take; and how long to wait for that.
  bool is_counted_ = false;
  int64_t census_pause_ms_;
  int64_t idle_since_;
  uint64_t served_ = 0, refused_ = 0;
};
