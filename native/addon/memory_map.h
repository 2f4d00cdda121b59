// What this process has mapped, read without allocating: what is written down must not change by being written down.
#pragma once
#include <cstddef>
#include <cstdint>

struct MemoryArea {
  uint64_t start, end, offset, inode;
  char permissions[5];   // "rwxp", proc_pid_maps(5)
  const char* name;      // "" where there is none
  bool own_pages;        // some of its pages are this process's own, in memory or swapped out
  bool is_reserve, is_not_in_forks, is_huge, is_locked, has_key;
};

class MemoryMap {
 public:
  // `scratch` holds the text of /proc/self/smaps for as long as this object is used.
  MemoryMap(char* scratch, size_t size);
  bool ok() const { return at_ != nullptr; }
  // In ascending order; false at the end.
  bool next(MemoryArea* area);

 private:
  char* at_ = nullptr;
};
