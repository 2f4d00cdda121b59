// The files that a graph was made of, as they were when it was made.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>
#include <sys/stat.h>
#include "addon/watches.h"

// CLOCK_REALTIME, in which file systems tell when a file was changed.
int64_t realtimeNs();

class Freshness {
 public:
  // Remembers what the file at this absolute path is right now: its identity, or that it is not there. Later calls with the same path
  // change nothing.
  void record(const std::string& path);
  // The same for a path that a module has looked for itself: of a folder only that it is one, or, `is_listing`, which names are in it. Whether
  // it still is what that module found; all zeros: nothing.
  bool recordLook(std::string path, bool is_listing, const struct stat& found);
  // What was recorded of this file does not count any more, and it may be recorded anew.
  void forget(const std::string& path);
  // Whether recordLook() was told of it since it was last forgotten.
  bool wasLookedFor(const std::string& path) const;
  // From now on findStale() looks only when something happened. No later than this all files are recorded.
  void watch();
  // A file that is no longer what it was; empty if there is none. Where nothing happened that is one system call. Else, and always in
  // folders that cannot be watched, every file is looked at: thousands are a matter of milliseconds, for each folder is looked up once,
  // and several threads share the work (none is left when it returns).
  std::string findStale();
  // A file that was changed at or after `since_ns` (realtimeNs), or may have been, so that nobody knows which text was read since; empty if
  // there is none.
  std::string findChangedSince(int64_t since_ns) const;
  size_t unwatchedCount() const;
  // In a fork that goes on recording: those watches are not its own. Up to the next watch() it has none.
  void unwatch();
  // In a fork that asks nothing any more: lets go of them, and touches no memory for it.
  void close() {
    if (watches_) watches_->close();
  }

 private:
  struct Identity {
    bool present = false;
    uint64_t device = 0, inode = 0;
    int64_t size = 0, modified_ns = 0, changed_ns = 0;
    bool operator==(const Identity&) const = default;
  };
  // What of a folder at a path counts.
  enum class OfFolder { everything, existence };
  struct File {
    std::string name;  // "." for the names in a folder
    OfFolder of_folder;
    Identity identity;
    bool is_forgotten = false, is_heard = false;
  };
  struct Folder {
    std::string path;  // ends with a slash
    std::vector<File> files;
    bool is_watched = false;
  };
  static Identity identityOf(const struct stat& info, OfFolder of_folder);
  // `folder` is a descriptor, or -1: then nothing is there.
  static Identity look(const std::string& path, OfFolder of_folder);
  File& recordAs(const std::string& path, OfFolder of_folder);
  static const File* findStaleIn(const Folder& folder);

  std::vector<Folder> folders_;
  std::optional<Watches> watches_;
  bool may_have_changed_ = true;
  std::unordered_map<std::string, size_t> folder_index_;
  std::unordered_map<std::string, std::pair<size_t, size_t>> known_;  // indices of folder and file
};
