// Tells whether what some paths lead to may have changed, at the price of one system call (inotify(7)).
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include "addon/unique_fd.h"

class Watches {
 public:
  Watches();

  // From now on notices all that changes what this absolute path leads to: the file through any of its names, or its appearing, and
  // every folder and symbolic link on the way. False where that cannot be relied on, and no change there is noticed then: a file system
  // that others write to (NFS, FUSE, 9p ...), or no more watches to be had.
  bool add(const std::string& path);

  // The same for which names are in the folder that this path leads to.
  bool addNames(const std::string& path);

  // Whether something may have changed since the last call. Wakes nobody meanwhile: what happens waits in the kernel.
  bool sawChange();

  // In a fork: lets go of the descriptors, which are the zygote's.
  void close();

 private:
  enum class Kind { absent, folder, link, file, unknown };
  struct Place {
    Kind kind;
    std::string target;  // of a link
  };
  bool follow(const std::string& path, std::string* folder);
  const Place& discover(const std::string& folder, const std::string& name);
  bool watch(const std::string& path, uint32_t events, int* descriptor);
  bool watchName(const std::string& folder, const std::string& name);
  bool noticeEvents();

  UniqueFd inotify_, mounts_;
  int64_t left_;       // of the watches that are ours to take
  int newest_ = 0;     // of the watches there are
  bool lost_ = false;  // one ended of itself, so that nothing is certain any more
  std::unordered_map<std::string, Place> places_;  // by real path
  std::unordered_map<int, std::unordered_set<std::string>> names_;  // in watched folders: the ones that matter; "": all
};
