#include "addon/watches.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <vector>

// A write through another hard link tells the file's inode only, not the folder; so does making such a link. Files are therefore watched
// by inode, all of them. What a program stores in a mapping is noticed as it unmaps it.
static constexpr uint32_t CHANGES_A_FILE = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVE_SELF | IN_DELETE_SELF;
// A folder that is renamed tells nobody in it.
static constexpr uint32_t CHANGES_A_FOLDER = IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;
static constexpr uint32_t CHANGES_A_NAME = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

// Editors and the user's own watchers live on the same limit; a graph that would need more than this share of it is looked at instead.
enum { SHARE_OF_LIMIT = 8, MOST_LINKS = 40 };

static int64_t readLimit() {
  FILE* const file = fopen("/proc/sys/fs/inotify/max_user_watches", "re");
  long limit = 0;
  if (!file) return 0;
  if (fscanf(file, "%ld", &limit) != 1) limit = 0;
  fclose(file);
  return limit;
}

// Only where every writer goes through this kernel does it hear of every write.
static bool isLocal(const std::string& folder) {
  enum : uint32_t { ZFS = 0x2fc12fc1, BCACHEFS = 0xca451a4e };
  struct statfs info;
  if (statfs(folder.c_str(), &info) != 0) return false;
  switch (static_cast<uint32_t>(info.f_type)) {
    case EXT4_SUPER_MAGIC: case XFS_SUPER_MAGIC: case BTRFS_SUPER_MAGIC: case F2FS_SUPER_MAGIC: case ZFS: case BCACHEFS:
    case TMPFS_MAGIC: case RAMFS_MAGIC: case OVERLAYFS_SUPER_MAGIC: case SQUASHFS_MAGIC: case EROFS_SUPER_MAGIC_V1:
      return true;
    default:
      return false;
  }
}

Watches::Watches()
    : inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      // Something mounted over a folder is no change in it; poll(2) tells of that here (proc_pid_mountinfo(5)).
      mounts_(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)),
      left_(inotify_.ok() && mounts_.ok() ? readLimit() / SHARE_OF_LIMIT : 0) {}

void Watches::close() {
  inotify_.reset();
  mounts_.reset();
}

bool Watches::watch(const std::string& path, uint32_t events, int* descriptor) {
  if (left_ <= 0) return false;
  *descriptor = inotify_add_watch(inotify_.get(), path.c_str(), events | IN_DONT_FOLLOW | IN_MASK_ADD);
  // What is watched already keeps its number; new ones ascend.
  if (*descriptor > newest_) {
    newest_ = *descriptor;
    left_--;
  }
  return *descriptor >= 0;
}

bool Watches::watchName(const std::string& folder, const std::string& name) {
  int descriptor;
  if (!watch(folder + "/", CHANGES_A_NAME | IN_ONLYDIR, &descriptor)) return false;
  names_[descriptor].insert(name);
  return true;
}

static bool lookAt(const std::string& path, struct stat* info) {
  *info = {};
  return lstat(path.c_str(), info) == 0;
}

const Watches::Place& Watches::discover(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  const auto [at, is_new] = places_.try_emplace(path, Place{Kind::unknown, {}});
  Place& place = at->second;
  if (!is_new) return place;
  struct stat info;
  int descriptor;
  if (lookAt(path, &info) && S_ISDIR(info.st_mode)) {
    if (isLocal(path) && watch(path, CHANGES_A_FOLDER, &descriptor)) place.kind = Kind::folder;
    return place;
  }
  // First watched, then looked at: what changes in between is noticed.
  if (!watchName(folder, name)) return place;
  if (!lookAt(path, &info)) {
    place.kind = Kind::absent;
  } else if (S_ISLNK(info.st_mode)) {
    char target[PATH_MAX];
    const ssize_t size = readlink(path.c_str(), target, sizeof target);
    if (size > 0 && size < PATH_MAX) place = {Kind::link, std::string(target, static_cast<size_t>(size))};
  } else if (S_ISREG(info.st_mode) && watch(path, CHANGES_A_FILE, &descriptor)) {
    place.kind = Kind::file;
  }
  return place;
}

bool Watches::add(const std::string& path) {
  std::string folder;
  return follow(path, &folder);
}

bool Watches::addNames(const std::string& path) {
  std::string folder;
  return follow(path, &folder) && watchName(folder, "");
}

// `folder`: the last one on the way, a real path; the root is empty. False if something on the way cannot be watched.
bool Watches::follow(const std::string& path, std::string* folder) {
  std::vector<std::string> rest;  // the next name last
  const auto push = [&rest](const std::string& names) {
    for (size_t end = names.size(), start; end != std::string::npos && end > 0; end = start) {
      start = names.rfind('/', end - 1);
      rest.push_back(names.substr(start + 1, end - start - 1));
      if (start == std::string::npos) break;
    }
  };
  push(path);
  for (int links = 0; !rest.empty();) {
    const std::string name = rest.back();
    rest.pop_back();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      folder->resize(folder->empty() ? 0 : folder->rfind('/'));
      continue;
    }
    const Place& place = discover(*folder, name);
    switch (place.kind) {
      case Kind::unknown:
        return false;
      case Kind::absent:
      case Kind::file:
        return true;
      case Kind::folder:
        *folder += "/" + name;
        break;
      case Kind::link:
        if (++links > MOST_LINKS) return false;
        if (place.target[0] == '/') folder->clear();
        push(place.target);
        break;
    }
  }
  return true;
}

bool Watches::sawChange() {
  pollfd ends[] = {{inotify_.get(), POLLIN, 0}, {mounts_.get(), POLLPRI, 0}};
  if (poll(ends, 2, 0) <= 0) return lost_;
  // Both are emptied, so that neither tells the same again.
  const bool remounted = ends[1].revents != 0;
  return (ends[0].revents && noticeEvents()) || remounted || lost_;
}

bool Watches::noticeEvents() {
  alignas(inotify_event) char events[1 << 14];
  bool matters = false;
  for (ssize_t size; (size = read(inotify_.get(), events, sizeof events)) > 0;) {
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      memcpy(&event, events + at, sizeof event);
      const char* const name = events + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if (event.mask & (IN_IGNORED | IN_UNMOUNT)) lost_ = true;
      // One without a name is about what is watched itself; an overflow is about anything.
      const auto names = names_.find(event.wd);
      if (event.len == 0 || (names != names_.end() && (names->second.contains(name) || names->second.contains("")))) matters = true;
    }
  }
  return matters;
}
