// What a parked zygote stands on: its door, the directory that this is in, and its Node. If one of them is gone, or another is in its place, no
// client comes any more. It is told of that (inotify(7)), so it need not look now and then.
#pragma once
#include <cstdint>
#include <string>
#include <sys/stat.h>
#include "addon/unique_fd.h"
#include "wire/runtime_dir.h"

class Footing {
 public:
  // Of the socket `key` in `dir`, which stays the caller's; and of the Node that this process executes.
  void watch(const runtime_dir& dir, const std::string& key, uint64_t socket_inode);
  // Readable when something has happened; -1 where nobody tells, so that it is looked at with every call below.
  int heard() const { return inotify_.get(); }
  // A reason if something is lost, else empty. Takes what was heard.
  std::string whatIsLost();
  bool hasDoor() const;
  // In a fork: lets go of the descriptor, which is the zygote's.
  void close() { inotify_.reset(); }

 private:
  void watchWayTo(std::string path);
  bool hasDirectory() const;
  bool hasNode() const;
  bool hasHeard() const;

  UniqueFd inotify_;
  bool is_heard_ = false;
  bool is_new_ = true;  // what was lost before it was watched
  const runtime_dir* dir_ = nullptr;
  std::string key_, node_;
  uint64_t socket_inode_ = 0;
  struct stat node_identity_ {};
  bool knows_node_ = false;
};
