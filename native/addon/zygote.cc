#include "addon/zygote.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "addon/base.h"
#include "addon/budget.h"
#include "addon/crypto_random.h"
#include "addon/heard_files.h"
#include "addon/hot_pages.h"
#include "addon/image.h"
#include "addon/json_text.h"
#include "addon/loop_turns.h"
#include "addon/manifest.h"
#include "addon/readings.h"
#include "addon/run_start.h"
#include "addon/server.h"
#include "addon/standby.h"
#include "addon/starter.h"
#include "wire/ask.h"

// A graph that takes longer to evaluate than this is stuck, on input that never comes for instance; SIGALRM ends it.
enum { WARM_UP_LIMIT_SECONDS = 300 };

// /dev/null stands for none.
static bool isProcess(const UniqueFd& fd) {
  struct stat info;
  return fstat(fd.get(), &info) == 0 && !S_ISCHR(info.st_mode);
}

std::unique_ptr<Zygote> Zygote::begin(const std::string& key, uv_loop_s* loop, std::string* error) {
  std::unique_ptr<Zygote> zygote(new Zygote(key, loop));
  zygote->started_ns_ = realtimeNs();
  for (int fd = ZYGOTE_MANIFEST; fd < ZYGOTE_FAR_ENDS + int{STAND_IN_COUNT}; fd++) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      *error = "not started by a starter";
      return nullptr;
    }
  }
  const LowDescriptors& low = zygote->low_descriptors_;
  zygote->manifest_.reset(low.moveUp(ZYGOTE_MANIFEST));
  zygote->slot_.reset(low.moveUp(ZYGOTE_SLOT));
  zygote->command_.reset(low.moveUp(ZYGOTE_COMMAND));
  for (int i = 0; i < STAND_IN_COUNT; i++) zygote->far_ends_[i] = low.moveUp(ZYGOTE_FAR_ENDS + i);
  if (!runtime_dir_open(&zygote->dir_, false)) {
    *error = std::string("runtime directory: ") + strerror(errno);
    return nullptr;
  }
  zygote->listener_.reset(low.moveUp(ZYGOTE_LISTENER));
  if (!zygote->takeDoor()) {
    *error = std::string("socket: ") + strerror(errno);
    return nullptr;
  }
  zygote->loop_.remember();
  if (!isProcess(zygote->command_)) zygote->command_.reset();
  zygote->watchWarming();
  markOwnWork(true);
  // What it will take itself is not known yet.
  makeRoomFor(zygote->dir_, key, 0);
  markOwnWork(false);
  return zygote;
}

// It listens already; once more for SO_PEERCRED, which names the process that called it last (unix(7)).
bool Zygote::takeDoor() {
  struct stat info;
  if (listen(listener_.get(), SOMAXCONN) != 0 || fstatat(dir_.fd, (key_ + ".warming").c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  socket_inode_ = info.st_ino;
  return true;
}

void Zygote::watchWarming() {
  if (command_.ok()) command_watch_.begin(command_.get(), [this] { leaveQuietly(); });
  alarm(WARM_UP_LIMIT_SECONDS);
}

std::string Zygote::beginBase(const std::string& entry) {
  const std::string reason = recordHeardFiles(&freshness_);
  freshness_.forget(entry);
  return reason;
}

bool Zygote::parkAsBase(BaseParking parking) { return Base(*this, std::move(parking)).park(); }

void Zygote::beginFromBase(UniqueFd to_base) {
  to_base_ = std::move(to_base);
  base_ = getppid();
  started_ns_ = realtimeNs();
  dispositions_.restore();
  freshness_.unwatch();
  // Without a door or a loop nobody could be served.
  if (!takeDoor() || loop_.afterFork() != 0) _exit(1);
  watchWarming();
}

// Should it be gone, nobody wants to know.
void Zygote::tellBase(const std::string& text) const {
  if (to_base_.ok()) send(to_base_.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

static Zygote* acting = nullptr;

void Zygote::leaveFor(const std::string& reason) { abandon("{\"reason\":" + jsonText(reason) + "," + manifest_of_act_.substr(1), "", ""); }

// Returns if the act may be done.
void Zygote::leaveInsteadOf(const char* act) {
  if (gettid() != getpid()) leaveFor("act-before-gate: " + std::string(act));
  if (const std::string text = explain_(act); !text.empty()) abandon(text, "", "");
}

bool Zygote::heedActs(const std::string& own_folder, const std::string& manifest, Explain explain) {
  acting = this;
  markOwnWork(true);
  loop_.rememberFiles();
  markOwnWork(false);
  manifest_of_act_ = manifest;
  explain_ = std::move(explain);
  heedCryptoRandom([] { acting->leaveInsteadOf("to draw random bytes"); });
  return ::heedActs(own_folder, [](const char* act) { acting->leaveInsteadOf(act); });
}

void Zygote::goOn(const std::string& manifest, const std::string& manifest_of_act, unsigned seconds, bool heeds_questions) {
  manifest_of_act_ = manifest_of_act;
  writeManifest(manifest_.get(), manifest);
  alarm(seconds);
  ::goOn(heeds_questions);
  goes_on_ = true;
  // Nobody may wait here for what a run has to wait for.
  const bool is_watched = atEachTurn(loop_.get(), [this] {
    if (std::string active = loop_.newlyActive(channel_.number(), EventLoop::Timers::counted); !active.empty()) leaveFor("gate-too-late: open-handle: " + active);
  });
  if (!is_watched) leaveFor("gate-too-late: unwatched");
}

// A zygote that takes more than all of them may would end all others, and be ended by the next.
static std::string whatIsBeyondBudget() {
  const Footprint own = footprintOf(getpid());
  const uint64_t bytes = own.bytes + (chosen_engine() == ENGINE_FORK ? 0 : own.anonymous), budget = budgetOfUser().bytes;
  const auto megabytes = [](uint64_t amount) { return std::to_string(amount >> 20) + " MB"; };
  return bytes > budget ? megabytes(bytes) + " of " + megabytes(budget) : "";
}

std::string Zygote::obstacle() {
  if (std::string active = inFlight(); !active.empty()) return "open-handle: " + active;
  if (!loop_.settleRequests()) return "open-handle: request";
  if (loop_.hasTimers()) countOnClock();
  if (standInsWereWritten(far_ends_)) return "output-before-gate";
  if (std::string reason = recordHeardFiles(&freshness_); !reason.empty()) return reason;
  if (std::string file = freshness_.findChangedSince(started_ns_); !file.empty()) return "changed-while-loading: " + file;
  if (std::string amounts = whatIsBeyondBudget(); !amounts.empty()) return "over-budget: " + amounts;
  freshness_.watch();
  if (std::string file = freshness_.findStale(); !file.empty()) return "changed-while-loading: " + file;
  return {};
}

void Zygote::leaveQuietly() {
  unlinkat(dir_.fd, (key_ + ".warming").c_str(), 0);
  unlinkat(dir_.fd, (key_ + ".json").c_str(), 0);
  _exit(0);
}

// Modules may have asked what no zygote's had before: then clients look for it under another key from now on. Ends if one is there already.
bool Zygote::becomeVariant(const Questions& questions) {
  const std::string key = keyWithAnswers(dir_, key_, questions);
  if (key == key_) return true;
  UniqueFd manifest = claimManifest(dir_, key);
  if (!manifest.ok() && errno == EWOULDBLOCK) leaveQuietly();
  if (!manifest.ok()) return false;
  if (renameat(dir_.fd, (key_ + ".warming").c_str(), dir_.fd, (key + ".warming").c_str()) != 0) return false;
  unlinkat(dir_.fd, (key_ + ".json").c_str(), 0);
  manifest_ = std::move(manifest);
  key_ = key;
  return true;
}

bool Zygote::park(Parking& parking, Run* run) {
  alarm(0);
  endTurns();
  stopReading();
  command_watch_.end();
  // Of a zygote that gave up before this one.
  unlinkat(dir_.fd, (key_ + ".log").c_str(), 0);
  parking.questions.stopHearing();
  if (!becomeVariant(parking.questions)) return false;
  environment_changes_ = changesSinceExec();
  Server server(*this, parking);
  if (!server.ready()) return false;
  // The last things before the name appears: from here on nothing posts to V8's workers, and nothing of V8's is allocated.
  parking.quiesce();
  if (!heap_pages_.makeInheritable()) return false;
  // Where nothing else is of use no client shall come before it.
  const bool has_channel = channel_.number() >= 0;
  if ((chosen_engine() == ENGINE_THAW || has_channel) && server.makeImageNow(run)) return true;
  if (has_channel && !server.hasImage()) return false;
  if (renameat(dir_.fd, (key_ + ".warming").c_str(), dir_.fd, key_.c_str()) != 0) return false;
  tellBase(key_);
  // After the name: until then a client goes by what the manifest says of how long warming takes.
  writeManifest(manifest_.get(), parking.manifest);
  slot_.reset();
  *run = server.serve();
  return true;
}

void Zygote::becomeRun(const Parking& parking, Run* run) {
  if (run->image.ok()) {
    // JavaScript came here, and V8 may have found work for other threads on the way.
    parking.quiesce();
    const image_handover* const handover = freezeInto(run->image.release(), channel_.number());
    if (handover->is_hot_wanted) promiseWrittenPages(dir_.path, key_);
    return startThawedRun(*handover, &run->request, loop_, parking.rebinds, dispositions_, environment_changes_);
  }
  if (run->orders.ok()) waitForOrder(std::move(run->orders), &run->request, &run->conversation);
  startRun(run->request, run->conversation.get(), parking.rebinds, dispositions_, environment_changes_);
}

// Nobody else would ever see it. Three parts of at most 20 KB.
void Zygote::keepOutput(const std::string& error) {
  enum { MOST = 20 * 1024 };
  const std::string text = writtenToStandIn(far_ends_[1], MOST) + writtenToStandIn(far_ends_[2], MOST) + error.substr(0, MOST);
  const std::string name = key_ + ".log";
  unlinkat(dir_.fd, name.c_str(), 0);
  if (text.empty()) return;
  const UniqueFd file(openat(dir_.fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  // A full disk leaves less of it.
  [[maybe_unused]] const ssize_t written = file.ok() ? write(file.get(), text.data(), text.size()) : -1;
}

void Zygote::abandon(const std::string& manifest, const std::string& error, const std::string& word_to_base) {
  ignoreActs();
  keepOutput(error);
  unlinkat(dir_.fd, (key_ + ".warming").c_str(), 0);
  writeManifest(manifest_.get(), manifest);
  if (!word_to_base.empty()) tellBase(word_to_base);
  _exit(0);
}
