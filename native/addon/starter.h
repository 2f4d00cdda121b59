// Making a zygote: one at a time a program, by whoever gets the lock on its manifest; in the background, a child of nobody.
#pragma once
#include <optional>
#include <string>
#include <vector>
#include <sys/types.h>
#include "addon/stand_in.h"
#include "addon/unique_fd.h"
#include "wire/runtime_dir.h"

// Numbers of the descriptors that a zygote is started with.
enum { ZYGOTE_MANIFEST = 3, ZYGOTE_LISTENER = 4, ZYGOTE_SLOT = 5, ZYGOTE_COMMAND = 6, ZYGOTE_FAR_ENDS = 7, ZYGOTE_OBSERVER = ZYGOTE_FAR_ENDS + int{STAND_IN_COUNT} };

// The right to make the zygote of one program, for as long as this object (or the zygote that got it) lives; and what the process
// was like when it was claimed, for the zygote is to be made as if it had been started then, whatever the program does meanwhile.
class Claim {
 public:
  // Nothing if another process holds the claim (a zygote is there or on its way), the directory cannot be had, or a zygote would be left in a
  // sandbox ("passing-sandbox"); `reason` says which.
  // Takes `dir` over.
  static std::optional<Claim> take(const runtime_dir& dir, const std::string& key, std::string* reason);

  // Leaves no manifest if there was none: nothing is made after all.
  void forgetIfNew() const;

  // What the manifest says, possibly nothing.
  const std::string& previous() const { return previous_; }

  struct Plan {
    std::string node;
    std::vector<std::string> argv;
    // The library to preload (observer/), before those that the environment names (ld.so(8)).
    std::string observer;
    // JSON without its opening brace, and without what is known only when the zygote is started.
    std::string manifest;
    // When the claiming process began (now_ms), and how much processor time it must use from its claim on for a zygote to be worth it.
    int64_t started_ms, least_cpu_ms;
  };
  void prepare(Plan plan) { plan_ = std::move(plan); }

  // Processor time of this process since it was claimed.
  int64_t computedMs() const;

  // Starts the prepared zygote, in a session of its own, and passes the claim on; clients can queue for it from now on. Whether it gets
  // anywhere is not waited for: if not, its manifest says for ever that it is warming, which the next starter finds.
  // One that would save too little is not started, nor one more than may warm at the same time, and the manifest says so. False in that case:
  // another call may find a place.
  bool start();

 private:
  Claim() = default;
  [[noreturn]] void becomeZygote(char* const* argv, char* const* environment, int listener, int slot, int observer);

  runtime_dir dir_{};
  UniqueFd dir_fd_, manifest_fd_, cwd_, command_;
  std::string key_, previous_;
  std::vector<std::string> environment_;
  Plan plan_;
  StandInPlan stand_ins_;
  mode_t umask_ = 0;
  int64_t claimed_cpu_ms_ = 0;
};
