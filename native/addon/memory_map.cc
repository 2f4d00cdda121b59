#include "addon/memory_map.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include "addon/unique_fd.h"

// A process has at most 65,530 mappings (vm.max_map_count), each less than a kilobyte of text unless its name is long. Pages that are not
// written to are not taken.
static constexpr size_t ROOM = 128 << 20;

MemoryMap::MemoryMap() {
  void* const room = mmap(nullptr, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  text_ = room == MAP_FAILED ? nullptr : static_cast<char*>(room);
  if (text_ && read()) at_ = text_;
}

MemoryMap::~MemoryMap() {
  if (text_) munmap(text_, ROOM);
}

bool MemoryMap::read() {
  const UniqueFd fd(open("/proc/self/smaps", O_RDONLY | O_CLOEXEC));
  size_t length = 0;
  ssize_t got = -1;
  // The last byte stays zero.
  while (length < ROOM - 1 && (got = ::read(fd.get(), text_ + length, ROOM - 1 - length)) > 0) length += static_cast<size_t>(got);
  return got == 0;
}

// Cuts the next line off; null at the end.
static char* cutLine(char** at) {
  char* const line = *at;
  if (*line == 0) return nullptr;
  char* const end = strchr(line, '\n');
  *at = end ? end + 1 : line + strlen(line);
  if (end) *end = 0;
  return line;
}

static bool hasFlag(const char* flags, const char* flag) {
  for (const char* found = flags; (found = strstr(found, flag)); found++)
    if (found[-1] == ' ' && (found[2] == ' ' || found[2] == 0)) return true;
  return false;
}

// "7f0000000000-7f0000001000 rw-p 00000000 fe:00 338944    /path"
static void parseArea(char* line, MemoryArea* area) {
  char* at;
  area->start = strtoull(line, &at, 16);
  area->end = strtoull(at + 1, &at, 16);
  memcpy(area->permissions, at + 1, 4);
  area->permissions[4] = 0;
  area->offset = strtoull(at + 6, &at, 16);
  at = strchr(at + 1, ' ');
  area->inode = strtoull(at, &at, 10);
  area->name = at + strspn(at, " ");
}

bool MemoryMap::next(MemoryArea* area) {
  char* const head = cutLine(&at_);
  if (!head) return false;
  *area = {};
  parseArea(head, area);
  const bool is_own = area->start <= reinterpret_cast<uint64_t>(text_) && reinterpret_cast<uint64_t>(text_) < area->end;
  // Its fields follow, each with a capital and a colon; the flags come last.
  while (char* const line = cutLine(&at_)) {
    const char* const value = strchr(line, ':');
    if (!value) continue;
    const auto is = [&](const char* field) { return strncmp(line, field, static_cast<size_t>(value - line)) == 0; };
    if ((is("Anonymous") || is("Swap")) && strtoull(value + 1, nullptr, 10) > 0) area->own_pages = true;
    if (is("ProtectionKey") && strtoull(value + 1, nullptr, 10) > 0) area->has_key = true;
    if (!is("VmFlags")) continue;
    area->is_reserve = hasFlag(value, "nr");
    area->is_not_in_forks = hasFlag(value, "dc");
    area->is_empty_in_forks = hasFlag(value, "wf");
    area->is_huge = hasFlag(value, "ht");
    area->is_locked = hasFlag(value, "lo");
    break;
  }
  return is_own ? next(area) : true;
}
