// Preloaded into a zygote (LD_PRELOAD): V8 asks for each 256 KB of its heap at an address of its own, drawn from all there are, so that each
// costs a mapping and three tables of pages, in every run again. Here it gets them side by side, from a place that is drawn once.
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST ((size_t)32 << 20)        // more is a reservation (for code, for WebAssembly), whose place matters
#define CHUNK ((uintptr_t)256 << 10)   // V8's alignment (src/common/globals.h, kRegularPageSize)

// Where the next one goes. Above all programs and below all libraries, wherever they are loaded.
static _Atomic uintptr_t next_place;

static uintptr_t first_place(uintptr_t drawn) { return ((uintptr_t)0x10 << 40) + (drawn & 0x0ffffffe00000); }

static void *take_place(uintptr_t drawn, size_t length) {
  uintptr_t unset = 0;
  atomic_compare_exchange_strong(&next_place, &unset, first_place(drawn));
  uintptr_t next = atomic_load(&next_place), place;
  do place = (next + CHUNK - 1) & ~(CHUNK - 1);
  while (!atomic_compare_exchange_weak(&next_place, &next, place + length));
  return (void *)place;
}

static void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  // A hint only, for the kernel as for V8: where something lies already, another place is found.
  const bool is_drawn = address && (flags & MAP_ANONYMOUS) && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && length <= MOST;
  if (is_drawn) address = take_place((uintptr_t)address, length);
  return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) { return map(address, length, protection, flags, fd, offset); }
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) { return map(address, length, protection, flags, fd, offset); }

// V8 asks for more than it needs, and gives back what it does not need to be aligned.
int munmap(void *address, size_t length) {
  uintptr_t end = (uintptr_t)address + length;
  atomic_compare_exchange_strong(&next_place, &end, (uintptr_t)address);
  return (int)syscall(SYS_munmap, address, length);
}

// It was loaded by its descriptor. A debugger that reads the list of libraries would open that one of its own, a pipe perhaps, and wait for ever.
static void take_name(void) {
  static char path[PATH_MAX];
  Dl_info info;
  struct link_map *library;
  if (!dladdr1((const void *)take_name, &info, (void **)&library, RTLD_DL_LINKMAP)) return;
  const ssize_t length = readlink(library->l_name, path, sizeof path - 1);
  if (length > 0) library->l_name = path;
}

// The starter has put this library before the user's own, if there are any; the program is not to see it.
__attribute__((constructor)) static void hide(void) {
  take_name();
  const char *const preloaded = getenv("LD_PRELOAD"), *const others = preloaded ? strchr(preloaded, ':') : NULL;
  if (others) setenv("LD_PRELOAD", others + 1, 1);
  else unsetenv("LD_PRELOAD");
}
