#include "addon/base.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "addon/manifest.h"
#include "addon/warming_slot.h"
#include "wire/frame.h"

enum {
  FIRST_TAKES_MS = 300,  // as long as no zygote was made yet
  SPEAK_WITHIN_MS = 100,
  MOST_NAPS = 25,  // a clock that was set back must not hold it up
};

static std::string doorOf(const std::string& key) { return key + ".base"; }

bool Base::watchDoor(const std::string& key) {
  struct stat door;
  if (fstatat(zygote_.dir_.fd, doorOf(key).c_str(), &door, AT_SYMLINK_NOFOLLOW) != 0) return false;
  key_ = key;
  footing_.watch(zygote_.dir_, doorOf(key), door.st_ino);
  return true;
}

bool Base::park() {
  alarm(0);
  zygote_.command_watch_.end();
  zygote_.freshness_.forget(parking_.entry);
  listener_.reset(runtime_dir_listen(&zygote_.dir_, doorOf(zygote_.key_).c_str()));
  signals_.reset(zygote_.dispositions_.park());
  const bool can = listener_.ok() && signals_.ok() && zygote_.heap_pages_.makeInheritable() && watchDoor(zygote_.key_);
  const Made made = can ? forkZygote() : Made::nothing;
  if (made == Made::nothing && listener_.ok()) unlinkat(zygote_.dir_.fd, doorOf(zygote_.key_).c_str(), 0);
  if (made == Made::elsewhere) serve();
  return made != Made::nothing;
}

void Base::serve() {
  for (;;) {
    pollfd watched[] = {{signals_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}, {footing_.heard(), POLLIN, 0}, {from_zygote_.get(), POLLIN, 0}, {zygote_.command_.get(), POLLIN, 0}};
    const int64_t left = from_zygote_.ok() ? -1 : std::max<int64_t>(0, idle_since_ + parking_.idle_ms - now_ms());
    if (poll(watched, 5, static_cast<int>(std::min<int64_t>(left, 3'600'000))) < 0) continue;
    if (watched[0].revents) {
      char signals[64];
      const ssize_t count = read(signals_.get(), signals, sizeof signals);
      for (ssize_t i = 0; i < count; i++)
        if (signals[i] != SIGCHLD) leave();
      while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
    if (watched[4].revents || !hearZygote()) leave();
    if (watched[1].revents) {
      ucred peer;
      const UniqueFd client(runtime_dir_accept(listener_.get(), &peer));
      if (client.ok() && answer(client) == Made::here) return;
    }
    if (!footing_.whatIsLost().empty() || (!from_zygote_.ok() && now_ms() - idle_since_ >= parking_.idle_ms)) leave();
  }
}

// The zygote writes the key that it parks under; and one word as it leaves, if that is no reason for the base to leave, too.
bool Base::hearZygote() {
  enum { MOST = 256 };
  while (from_zygote_.ok()) {
    char text[MOST];
    const ssize_t length = recv(from_zygote_.get(), text, sizeof text, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return true;
    if (length <= 0) {
      from_zygote_.reset();
      is_warming_ = false;
      idle_since_ = now_ms();
      return !left_.empty();
    }
    const std::string said(text, static_cast<size_t>(length));
    if (said == LEFT_EDITED || said == LEFT_FAILED) {
      left_ = said;
      continue;
    }
    is_warming_ = false;
    takes_ms_ = now_ms() - forked_ms_;
    if (said == key_) continue;
    if (renameat(zygote_.dir_.fd, doorOf(key_).c_str(), zygote_.dir_.fd, doorOf(said).c_str()) != 0 || !watchDoor(said)) return false;
  }
  return true;
}

Base::Made Base::answer(const UniqueFd& client) {
  frame_reader reader;
  frame_reader_init(&reader, MAX_SMALL_MESSAGE);
  const bool is_whole = frame_receive(&reader, client.get(), now_ms() + SPEAK_WITHIN_MS) == FRAME_COMPLETE;
  const auto type = is_whole ? reader.header.type : 0;
  frame_reader_reset(&reader);
  if (type == MESSAGE_STOP) leave();
  if (type != MESSAGE_REMAKE) return Made::nothing;
  // What it said last, before whoever asks here found out that it is gone.
  if (!hearZygote() || !zygote_.freshness_.findStale().empty()) leave();
  if (!is_warming_ && claim()) {
    const Made made = forkZygote();
    if (made == Made::here) return made;
    // With all that was claimed for it: whoever comes next makes one without a base.
    if (made == Made::nothing) {
      unlinkat(zygote_.dir_.fd, (key_ + ".warming").c_str(), 0);
      leave();
    }
  }
  frame_send(client.get(), is_warming_ ? MESSAGE_ACCEPTED : MESSAGE_REFUSED, nullptr, 0, nullptr, 0, now_ms());
  return Made::elsewhere;
}

// Of another zygote, if one is to be made.
bool Base::claim() {
  // It would fail again.
  if (left_ == LEFT_FAILED && own_files_.findStale().empty()) return false;
  UniqueFd manifest = claimManifest(zygote_.dir_, key_), slot;
  if (!manifest.ok() || !takeWarmingSlot(zygote_.dir_, &slot)) return false;
  zygote_.listener_ = announceZygote(zygote_.dir_, key_, manifest.get(), takes_ms_ ? takes_ms_ : int64_t{FIRST_TAKES_MS}, parking_.planned);
  if (!zygote_.listener_.ok()) return false;
  zygote_.manifest_ = std::move(manifest);
  zygote_.slot_ = std::move(slot);
  return true;
}

// With the claim, which is the zygote's from here on; kept if there is none.
Base::Made Base::forkZygote() {
  int ends[2];
  // Messages stay whole.
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return Made::nothing;
  UniqueFd ours(ends[0]), its(ends[1]);
  own_files_ = Freshness();
  for (const std::string& file : parking_.own) own_files_.record(file);
  const pid_t pid = fork();
  if (pid < 0) return Made::nothing;
  if (pid == 0) {
    ours.reset();
    becomeZygote(std::move(its));
    return Made::here;
  }
  zygote_.manifest_.reset();
  zygote_.slot_.reset();
  zygote_.listener_.reset();
  from_zygote_ = std::move(ours);
  forked_ms_ = now_ms();
  is_warming_ = true;
  left_.clear();
  return Made::elsewhere;
}

void Base::becomeZygote(UniqueFd to_base) {
  zygote_.key_ = key_;
  from_zygote_.reset();
  listener_.reset();
  signals_.reset();
  footing_.close();
  zygote_.heap_pages_.restore();
  Dispositions::leaveZygote();
  waitForTick();
  zygote_.beginFromBase(std::move(to_base));
}

// A zygote knows nothing of which text it has read if a file changes as it starts. This one starts right after an edit, and in no time.
void Base::waitForTick() const {
  const timespec nap{0, 1'000'000};
  for (int naps = 0; naps < MOST_NAPS && !own_files_.findChangedSince(realtimeNs()).empty(); naps++) nanosleep(&nap, nullptr);
}

void Base::leave() {
  if (footing_.hasDoor()) unlinkat(zygote_.dir_.fd, doorOf(key_).c_str(), 0);
  _exit(0);
}
