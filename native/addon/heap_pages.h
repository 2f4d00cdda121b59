// V8's heap across a fork.
#pragma once
#include <cstdint>
#include <vector>

class HeapPages {
 public:
  // Undoes V8's MADV_DONTFORK on all its pages, for a fork that misses them dies. To be called after the last allocation of V8's: pages
  // that it maps later carry the mark again.
  bool makeInheritable();

  // In a fork: as V8 had them, for a run's own children need none of them, and copying the tables of a large heap is most of what
  // starting a child costs.
  void restore() const;

 private:
  struct Range {
    uintptr_t start, end;
  };
  bool advise(int advice) const;
  std::vector<Range> ranges_;
};
