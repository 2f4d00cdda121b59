#include "addon/heap_pages.h"

#include <sys/mman.h>
#include "addon/memory_map.h"

bool HeapPages::makeInheritable() {
  MemoryMap map;
  if (!map.ok()) return false;
  // In a fork of a base: what that had may be gone.
  ranges_.clear();
  for (MemoryArea area; map.next(&area);) {
    if (!area.is_not_in_forks) continue;
    if (!ranges_.empty() && ranges_.back().end == area.start) ranges_.back().end = area.end;
    else ranges_.push_back({area.start, area.end});
  }
  return advise(MADV_DOFORK);
}

void HeapPages::restore() const { advise(MADV_DONTFORK); }

bool HeapPages::advise(int advice) const {
  bool done = true;
  for (const Range& range : ranges_) done &= madvise(reinterpret_cast<void*>(range.start), range.end - range.start, advice) == 0;
  return done;
}
