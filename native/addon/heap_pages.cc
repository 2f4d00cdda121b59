#include "addon/heap_pages.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <vector>

bool makeHeapInheritable() {
  FILE* smaps = fopen("/proc/self/smaps", "re");
  if (!smaps) return false;
  struct Range {
    uintptr_t start, end;
  };
  std::vector<Range> unforkable;
  Range current{};
  char line[4096];
  while (fgets(line, sizeof line, smaps)) {
    uintptr_t start, end;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2) current = {start, end};
    // proc_pid_smaps(5): "dc" is "do not copy area on fork".
    else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dc")) unforkable.push_back(current);
  }
  fclose(smaps);
  bool done = true;
  for (const Range& range : unforkable) done &= madvise(reinterpret_cast<void*>(range.start), range.end - range.start, MADV_DOFORK) == 0;
  return done;
}
