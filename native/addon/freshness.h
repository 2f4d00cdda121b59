// The files that a graph was made of, as they were when it was made.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

class Freshness {
 public:
  // Remembers what `path` is right now: its identity, or that it is not there. Later calls with the same path change nothing.
  void record(const std::string& path);
  // The first file that is no longer what it was; empty if none.
  std::string firstStale() const;
  // The first file that was changed at or after `since_ns` (CLOCK_REALTIME), so that nobody knows which text was read; empty if none.
  std::string firstChangedSince(int64_t since_ns) const;

 private:
  struct File {
    std::string path;
    bool present;
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns;
  };
  static File look(const std::string& path);
  std::vector<File> files_;
  std::unordered_set<std::string> known_;
};
