#include "addon/base.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "addon/starter.h"
#include "addon/warming_slot.h"
#include "wire/frame.h"

enum { FIRST_TAKES_MS = 300 };  // as long as no zygote was made yet

enum { SPEAK_WITHIN_MS = 100, MOST_MANIFEST = 1 << 24 };

static const std::string STATE = R"("state":"warming",)";

static std::string nameOfBase(const std::string& key) { return key + ".base"; }

static bool inodeOf(const runtime_dir& dir, const std::string& name, uint64_t* inode) {
  struct stat info;
  if (fstatat(dir.fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  *inode = info.st_ino;
  return true;
}

// What a manifest says beside its state: what the starter has planned.
static std::string tailOf(int manifest) {
  struct stat info;
  if (fstat(manifest, &info) != 0 || info.st_size > MOST_MANIFEST) return {};
  std::string text(static_cast<size_t>(info.st_size), 0);
  if (pread(manifest, text.data(), text.size(), 0) != info.st_size) return {};
  const size_t at = text.find(STATE);
  return at == std::string::npos ? "" : text.substr(at + STATE.size());
}

bool Base::open(const std::string& key) {
  uint64_t inode;
  if (!inodeOf(zygote_.dir_, nameOfBase(key), &inode)) return false;
  key_ = key;
  footing_.watch(zygote_.dir_, nameOfBase(key), inode);
  return true;
}

bool Base::park() {
  alarm(0);
  zygote_.command_watch_.end();
  manifest_tail_ = tailOf(zygote_.manifest_.get());
  listener_.reset(runtime_dir_listen(&zygote_.dir_, nameOfBase(zygote_.key_).c_str()));
  signals_.reset(zygote_.dispositions_.park());
  if (manifest_tail_.empty() || !listener_.ok() || !signals_.ok() || !zygote_.heap_pages_.makeInheritable()) return false;
  if (forkZygote() == Made::here) return true;
  return pid_ > 0 && open(zygote_.key_) && serve();
}

bool Base::serve() {
  for (;;) {
    pollfd watched[] = {{signals_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}, {footing_.heard(), POLLIN, 0}, {from_zygote_.get(), POLLIN, 0}, {zygote_.command_.get(), POLLIN, 0}};
    const int64_t left = from_zygote_.ok() ? -1 : std::max<int64_t>(0, idle_since_ + idle_ms_ - now_ms());
    if (poll(watched, 5, static_cast<int>(std::min<int64_t>(left, 3'600'000))) < 0) continue;
    if (watched[0].revents) {
      char signals[64];
      const ssize_t count = read(signals_.get(), signals, sizeof signals);
      for (ssize_t i = 0; i < count; i++)
        if (signals[i] != SIGCHLD) leave();
      while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
    if (watched[4].revents || (watched[3].revents && !hearZygote())) leave();
    if (watched[1].revents) {
      const UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      ucred peer{};
      socklen_t size = sizeof peer;
      // As at the zygote's door.
      if (client.ok() && getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid() && answer(client) == Made::here) return true;
    }
    if (!footing_.whatIsLost().empty() || (!from_zygote_.ok() && now_ms() - idle_since_ >= idle_ms_)) leave();
  }
}

// The zygote writes the key that it parks under, and `edited` as it leaves because of that.
bool Base::hearZygote() {
  enum { MOST = 256 };
  char text[MOST];
  const ssize_t length = read(from_zygote_.get(), text, sizeof text);
  if (length <= 0) {
    from_zygote_.reset();
    idle_since_ = now_ms();
    return is_edited_;
  }
  const std::string said(text, static_cast<size_t>(length));
  if (said == "edited") {
    is_edited_ = true;
    return true;
  }
  is_warming_ = false;
  takes_ms_ = now_ms() - forked_ms_;
  if (said == key_) return true;
  return renameat(zygote_.dir_.fd, nameOfBase(key_).c_str(), zygote_.dir_.fd, nameOfBase(said).c_str()) == 0 && open(said);
}

Base::Made Base::answer(const UniqueFd& client) {
  frame_reader reader;
  frame_reader_init(&reader, MAX_SMALL_MESSAGE);
  const bool is_whole = frame_receive(&reader, client.get(), now_ms() + SPEAK_WITHIN_MS) == FRAME_COMPLETE;
  const auto type = is_whole ? reader.header.type : 0;
  frame_reader_reset(&reader);
  if (type == MESSAGE_STOP) leave();
  if (type != MESSAGE_REMAKE) return Made::nothing;
  std::string reason;
  Made made = Made::nothing;
  // What the zygote said last, before it went.
  if (from_zygote_.ok() && !is_warming_ && !hearZygote()) leave();
  const std::string stale = zygote_.freshness_.findStale();
  if (!stale.empty()) reason = "stale: " + stale;
  else if (!is_warming_) reason = claim();
  if (reason.empty() && !is_warming_) made = forkZygote();
  if (made == Made::here) return made;
  if (reason.empty() && !is_warming_) reason = "no-process";
  frame_send(client.get(), reason.empty() ? MESSAGE_ACCEPTED : MESSAGE_REFUSED, reason.c_str(), reason.empty() ? 0 : reason.size() + 1, nullptr, 0, now_ms());
  if (!stale.empty()) leave();
  return made;
}

std::string Base::claim() {
  const runtime_dir& dir = zygote_.dir_;
  UniqueFd manifest(openat(dir.fd, (key_ + ".json").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!manifest.ok()) return "no-manifest";
  if (flock(manifest.get(), LOCK_EX | LOCK_NB) != 0) return "claimed";
  uint64_t present;
  struct stat claimed;
  if (fstat(manifest.get(), &claimed) != 0 || !inodeOf(dir, key_ + ".json", &present) || claimed.st_ino != present) return "claimed";
  UniqueFd slot;
  if (!takeWarmingSlot(dir, &slot)) return "busy";
  const std::string times = R"({"since":)" + std::to_string(now_ms()) + R"(,"expected":)" + std::to_string(takes_ms_ ? takes_ms_ : int64_t{FIRST_TAKES_MS}) + ",";
  if (!writeManifest(manifest.get(), times + STATE + manifest_tail_)) return "no-manifest";
  UniqueFd listener(runtime_dir_listen(&dir, (key_ + ".warming").c_str()));
  if (!listener.ok()) return "no-socket";
  zygote_.manifest_ = std::move(manifest);
  zygote_.slot_ = std::move(slot);
  zygote_.listener_ = std::move(listener);
  return {};
}

Base::Made Base::forkZygote() {
  int ends[2];
  pid_ = -1;
  // Messages stay whole.
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return Made::nothing;
  UniqueFd ours(ends[0]), its(ends[1]);
  pid_ = fork();
  if (pid_ == 0) {
    ours.reset();
    becomeZygote(std::move(its));
    return Made::here;
  }
  // The claim is the zygote's from here on.
  zygote_.manifest_.reset();
  zygote_.slot_.reset();
  zygote_.listener_.reset();
  if (pid_ < 0) return Made::nothing;
  from_zygote_ = std::move(ours);
  forked_ms_ = now_ms();
  is_warming_ = true;
  is_edited_ = false;
  return Made::elsewhere;
}

void Base::becomeZygote(UniqueFd to_base) {
  if (!key_.empty()) zygote_.key_ = key_;
  from_zygote_.reset();
  listener_.reset();
  signals_.reset();
  footing_.close();
  zygote_.heap_pages_.restore();
  Dispositions::leaveZygote();
  zygote_.beginFromBase(std::move(to_base));
}

void Base::leave() {
  if (footing_.hasDoor()) unlinkat(zygote_.dir_.fd, nameOfBase(key_).c_str(), 0);
  _exit(0);
}
