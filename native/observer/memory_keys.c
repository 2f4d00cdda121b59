// Preloaded into a zygote (LD_PRELOAD): protection keys (pkeys(7)) are given out to a process, and a thawed run is another one than that whose
// memory it has: V8 would use a key that nobody has given out, and die of it. Node 20 takes one as it starts, to guard the code of
// WebAssembly (src/wasm/memory-protection-key.h); without one it does what it does on the many processors that have none.
#include <errno.h>
#include <sys/mman.h>

int pkey_alloc(unsigned flags, unsigned rights) {
  (void)flags, (void)rights;
  errno = ENOSPC;
  return -1;
}
