// What this process has mapped (proc_pid_smaps(5)), read without a malloc: what is looked at must not change by being looked at.
#pragma once
#include <cstddef>
#include <cstdint>

struct MemoryArea {
  uint64_t start, end, offset, inode;
  char permissions[5];   // "rwxp", proc_pid_maps(5)
  const char* name;      // "" where there is none
  bool own_pages;        // some of its pages are this process's own, in memory or swapped out
  bool is_reserve, is_not_in_forks, is_huge, is_locked, has_key;
  bool is_empty_in_forks;  // MADV_WIPEONFORK
};

// By its entry in /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst): whether this page is the process's own, in memory or swapped out.
inline bool isOwnPage(uint64_t entry) {
  enum : uint64_t { PRESENT = 1ULL << 63, SWAPPED = 1ULL << 62, OF_FILE = 1ULL << 61 };
  return (entry & (PRESENT | SWAPPED)) && !(entry & OF_FILE);
}

class MemoryMap {
 public:
  // As it is now. Its text lies in a mapping of its own, which is not told of.
  MemoryMap();
  ~MemoryMap();
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;
  bool ok() const { return at_ != nullptr; }
  // In ascending order; false at the end. Names last as long as this object.
  bool next(MemoryArea* area);

 private:
  bool read();
  char* text_;
  char* at_ = nullptr;
};
