#include "addon/heap_pages.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>

bool HeapPages::makeInheritable() {
  FILE* smaps = fopen("/proc/self/smaps", "re");
  if (!smaps) return false;
  Range current{};
  char line[4096];
  while (fgets(line, sizeof line, smaps)) {
    uintptr_t start, end;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2) current = {start, end};
    // proc_pid_smaps(5): "dc" is "do not copy area on fork".
    if (strncmp(line, "VmFlags:", 8) != 0 || !strstr(line, " dc")) continue;
    if (!ranges_.empty() && ranges_.back().end == current.start) ranges_.back().end = current.end;
    else ranges_.push_back(current);
  }
  fclose(smaps);
  return advise(MADV_DOFORK);
}

void HeapPages::restore() const { advise(MADV_DONTFORK); }

bool HeapPages::advise(int advice) const {
  bool done = true;
  for (const Range& range : ranges_) done &= madvise(reinterpret_cast<void*>(range.start), range.end - range.start, advice) == 0;
  return done;
}
