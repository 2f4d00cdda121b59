#include "addon/footing.h"

#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <sys/inotify.h>

// That a file has lost a name, or was replaced by a rename, is a change of its count of links: IN_ATTRIB. A folder that is renamed tells nobody in it.
static constexpr uint32_t IS_MOVED = IN_MOVE_SELF | IN_DELETE_SELF, IS_LOST = IS_MOVED | IN_ATTRIB;

void Footing::watchWayTo(std::string path) {
  is_heard_ = inotify_add_watch(inotify_.get(), path.c_str(), IS_LOST | IN_DONT_FOLLOW) >= 0 && is_heard_;
  for (size_t end; (end = path.rfind('/')) != std::string::npos && end > 0;) {
    path.resize(end);
    // Some may not be read, and nobody moves these.
    inotify_add_watch(inotify_.get(), path.c_str(), IS_MOVED | IN_MASK_ADD);
  }
}

void Footing::watch(const runtime_dir& dir, const std::string& key, uint64_t socket_inode) {
  dir_ = &dir;
  key_ = key;
  socket_inode_ = socket_inode;
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  node_ = std::string(path, length > 0 ? static_cast<size_t>(length) : 0);
  // Of one that cannot be found from here nobody can tell whether it was replaced.
  knows_node_ = stat("/proc/self/exe", &node_identity_) == 0 && hasNode();
  inotify_.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  is_heard_ = inotify_.ok();
  if (!is_heard_) return;
  if (realpath(dir.path, path)) watchWayTo(path);
  if (knows_node_) watchWayTo(node_);
  // By the directory's own descriptor, whatever its path leads to by now.
  const std::string door = "/proc/self/fd/" + std::to_string(dir.fd) + "/" + key;
  is_heard_ = inotify_add_watch(inotify_.get(), door.c_str(), IS_LOST | IN_DONT_FOLLOW) >= 0 && is_heard_;
}

bool Footing::hasHeard() const {
  alignas(inotify_event) char events[4096];
  bool has_heard = false;
  while (read(inotify_.get(), events, sizeof events) > 0) has_heard = true;
  return has_heard;
}

bool Footing::hasDoor() const {
  struct stat info;
  return fstatat(dir_->fd, key_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_ino == socket_inode_;
}

bool Footing::hasDirectory() const {
  struct stat own, present;
  return fstat(dir_->fd, &own) == 0 && lstat(dir_->path, &present) == 0 && own.st_ino == present.st_ino && own.st_dev == present.st_dev;
}

// As its clients would find it: size and time are part of their key.
bool Footing::hasNode() const {
  struct stat present;
  const auto ns = [](const struct stat& info) { return info.st_mtim.tv_nsec + 1'000'000'000 * info.st_mtim.tv_sec; };
  return stat(node_.c_str(), &present) == 0 && present.st_ino == node_identity_.st_ino && present.st_dev == node_identity_.st_dev && present.st_size == node_identity_.st_size &&
         ns(present) == ns(node_identity_);
}

std::string Footing::whatIsLost() {
  const bool is_first = std::exchange(is_new_, false);
  if (is_heard_ && !hasHeard() && !is_first) return {};
  if (!hasDoor() || !hasDirectory()) return "replaced";
  if (knows_node_ && !hasNode()) return "node-replaced";
  return {};
}
