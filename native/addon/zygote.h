// The zygote: warming, then parked and serving. While parked it is this one thread in one loop, and runs no JavaScript.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "addon/channel.h"
#include "addon/dispositions.h"
#include "addon/environment.h"
#include "addon/event_loop.h"
#include "addon/freshness.h"
#include "addon/heap_pages.h"
#include "addon/low_descriptors.h"
#include "addon/request.h"
#include "addon/sandbox.h"
#include "addon/stand_in.h"
#include "addon/variants.h"
#include "wire/runtime_dir.h"

struct Parking {
  Questions questions;
  std::string manifest;       // what to write into it
  int64_t idle_ms;            // leave after so long without a run
  void (*quiesce)();          // ends Node's worker threads
  std::vector<std::pair<int, int>> rebinds;  // stdio descriptor -> another descriptor of a stream's that must follow it
};

// What a fork of the zygote goes on with.
struct Run {
  RunRequest request;
  UniqueFd conversation;  // with the client
  UniqueFd orders;        // in a standby, which waits here for the other two
  UniqueFd image;         // in the maker of the image, which is written to this
};

struct BaseParking;

class Zygote {
 public:
  // Takes over what the starter passed (descriptors ZYGOTE_*) ; clients queue at `<key>.warming` already. Null: `error` says why.
  static std::unique_ptr<Zygote> begin(const std::string& key, uv_loop_s* loop, std::string* error);

  int manifest() const { return manifest_.get(); }

  void consulted(const std::string& path) { freshness_.record(path); }

  // What the manifest is to say of an act; empty if it may be done.
  using Explain = std::function<std::string(const std::string& act)>;

  // The program begins: instead of the first act that others could see this process ends, and leaves what `explain` says; on other threads
  // `manifest` (a JSON object) with the reason added. `own_folder`: where files are ours. False where nobody hears of acts.
  bool heedActs(const std::string& own_folder, const std::string& manifest, Explain explain);

  // The program goes on past its imports, for so long at most: the manifest says from now on what is to be known if it does not come to an end. The other
  // one takes the place of what heedActs() was told.
  void goOn(const std::string& manifest, const std::string& manifest_of_act, unsigned seconds, bool heeds_questions);

  // What is in flight in the event loop; empty if nothing is.
  std::string inFlight() const { return loop_.newlyActive(channel_.number(), goes_on_ ? EventLoop::Timers::ignored : EventLoop::Timers::counted); }

  // Before the program begins: where it is started with a channel to its parent, of that number. False if there can be none here.
  bool openChannel(int number) { return channel_.open(number); }

  // How many handles libuv has.
  size_t handleCount() const { return loop_.handleCount(); }

  // Why this process must not be forked as it stands; empty if it may. From here on its files are watched.
  std::string obstacle();

  // Returns in forks of this process only: once in each run, in each standby, and in the maker of the image. The exception: false if it could
  // not park.
  bool park(Parking& parking, Run* run);

  // The base's packages come next: up to here nobody but Node has looked for the entry, which counts for nothing. Why this cannot go on; empty if it
  // may. Acts are to be heeded anew.
  std::string beginBase(const std::string& entry);

  // A module of the base's packages has looked for this file.
  bool wasLookedFor(const std::string& path) const { return freshness_.wasLookedFor(path); }

  // Parks as the program's base (addon/base.h), which has loaded packages only. Returns in the zygotes that are forked from it, each with a
  // manifest of its own; the exception: false if it could not park.
  bool parkAsBase(BaseParking parking);

  // In such a fork: makes it the run of its client, for whom a standby waits. The image is made in here, so this is where its runs go on.
  void becomeRun(const Parking& parking, Run* run);

  // Gives up before the gate: leaves the reason in the manifest and no socket, what was printed and `error` in `<key>.log`, and ends the
  // process. `word_to_base`: see addon/base.h; empty if that is to leave, too.
  [[noreturn]] void abandon(const std::string& manifest, const std::string& error, const std::string& word_to_base);

 private:
  Zygote(const std::string& key, uv_loop_s* loop) : key_(key), loop_(loop) {}
  bool becomeVariant(const Questions& questions);
  bool takeDoor();
  void watchWarming();
  void beginFromBase(UniqueFd to_base);
  void tellBase(const std::string& text) const;
  [[noreturn]] void leaveFor(const std::string& reason);
  void leaveInsteadOf(const char* act);
  void keepOutput(const std::string& error);
  [[noreturn]] void leaveQuietly();
  friend class Server;
  friend class Base;

  std::string key_;
  EventLoop loop_;
  HeapPages heap_pages_;
  LowDescriptors low_descriptors_;
  Channel channel_;
  runtime_dir dir_{};
  UniqueFd manifest_, listener_, slot_, command_;
  bool goes_on_ = false;
  UniqueFd to_base_;  // of a zygote that was forked from one
  pid_t base_ = 0;
  CommandWatch command_watch_;
  uint64_t socket_inode_ = 0;
  int far_ends_[STAND_IN_COUNT];
  int64_t started_ns_ = 0;
  Freshness freshness_;
  Dispositions dispositions_;
  EnvironmentChanges environment_changes_;
  std::string manifest_of_act_;
  Explain explain_;
};
