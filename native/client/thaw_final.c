// Past the point of no return: empties this address space, fills it with the image, and jumps into it. Works from a copy of itself, for what
// it was linked to is among what it unmaps. So: system calls only, no data but the state, nothing of the C library, and all of it in one section.
// Should the kernel refuse something after all (memory, limits), the plain run is executed, which needs nothing of what is lost.
#include <asm/prctl.h>
#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include "client/thaw_state.h"
#include "client/thaw_x64.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#pragma GCC optimize("no-tree-loop-distribute-patterns", "no-jump-tables", "no-stack-protector")
#define FINAL __attribute__((section("thaw_code")))

#define CALL(number, a, b, c, d) system_call(__NR_##number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

FINAL static __attribute__((noreturn, noinline)) void run_plain_after_all(const struct thaw_state *state) {
  CALL(rt_sigprocmask, SIG_SETMASK, &state->signal_mask, 0, 8);
  CALL(execve, state->node, state->handover->arguments, state->plain_environment, 0);
  for (;;) CALL(exit_group, 126, 0, 0, 0);
}

// Small strings only, and not memcpy, which is elsewhere.
FINAL static void copy(char *to, const char *from, uint64_t length) {
  for (uint64_t i = 0; i < length; i++) to[i] = from[i];
}

FINAL static bool move_specials(const struct thaw_state *state, bool into_place) {
  uint64_t room = state->specials_at;
  for (uint32_t i = 0; i < state->image->special_count; i++) {
    const uint64_t length = state->image->specials[i].length;
    const uint64_t from = into_place ? room : state->specials[i], to = into_place ? state->image->specials[i].start : room;
    if (system_call(__NR_mremap, (long)from, (long)length, (long)length, MREMAP_MAYMOVE | MREMAP_FIXED, (long)to, 0) != (long)to) return false;
    room += length;
  }
  return true;
}

FINAL static bool map(const struct thaw_state *state, const struct image_mapping *mapping) {
  int flags = MAP_FIXED | (mapping->flags & IMAGE_SHARED ? MAP_SHARED : MAP_PRIVATE) | (mapping->flags & IMAGE_NORESERVE ? MAP_NORESERVE : 0);
  int fd = -1;
  if (mapping->source == IMAGE_ZERO) flags |= MAP_ANONYMOUS;
  else fd = mapping->source == IMAGE_PAGES ? state->memory : state->files[mapping->file];
  return system_call(__NR_mmap, (long)mapping->start, (long)mapping->length, mapping->protection, flags, fd, (long)mapping->offset) == (long)mapping->start;
}

FINAL static bool map_all(const struct thaw_state *state) {
  const struct image_mapping *const mappings = (const void *)((const char *)state->image + state->image->mappings);
  for (uint32_t i = 0; i < state->image->mapping_count; i++)
    if (!map(state, &mappings[i])) return false;
  // One call for neighbours.
  for (uint32_t i = 0; i < state->image->mapping_count;) {
    const uint64_t start = mappings[i].start;
    uint64_t end = start;
    const bool marked = mappings[i].flags & IMAGE_NOT_IN_FORKS;
    for (; i < state->image->mapping_count && (mappings[i].start == end || start == end) && marked == !!(mappings[i].flags & IMAGE_NOT_IN_FORKS); i++)
      end = mappings[i].start + mappings[i].length;
    if (marked && CALL(madvise, start, end - start, MADV_DONTFORK, 0) != 0) return false;
  }
  return true;
}

// Grows like the one that the kernel gives, to the limit that the caller has set.
FINAL static bool fill_stack(const struct thaw_state *state) {
  const struct image_header *const image = state->image;
  const uint64_t length = image->stack_high - image->stack_low;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | MAP_STACK;
  if (system_call(__NR_mmap, (long)image->stack_low, (long)length, PROT_READ | PROT_WRITE, flags, -1, 0) != (long)image->stack_low) return false;
  return CALL(pread64, state->memory, image->stack_low, length, image->stack_low) == (long)length;
}

// A kernel that does not know how (before 5.14) leaves them to be faulted in one by one, and so does one that has no memory left.
FINAL static void populate_hot(const struct image_hot *hot) {
  for (uint32_t i = 0; i < hot->count; i++) {
    const uint64_t start = hot->ranges[i] & ~(uint64_t)(IMAGE_PAGE - 1);
    CALL(madvise, start, (hot->ranges[i] - start) * IMAGE_PAGE, MADV_POPULATE_WRITE, 0);
  }
}

// The break above all: the C library goes on from where the image's was. What /proc/self/exe names only the privileged can change
// (PR_SET_MM_MAP, prctl(2)); it stays the client for others.
FINAL static bool set_layout(const struct thaw_state *state, struct prctl_mm_map *layout) {
  layout->exe_fd = (uint32_t)state->files[state->image->executable];
  if (system_call(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)layout, sizeof *layout, 0, 0) == 0) return true;
  layout->exe_fd = (uint32_t)-1;
  return system_call(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)layout, sizeof *layout, 0, 0) == 0;
}

FINAL static bool tell_kernel(const struct thaw_state *state) {
  const struct image_header *const image = state->image;
  uint64_t arg_start = state->arg_start;
  // Where libuv writes a title to, if the command line fits in there.
  if (state->arg_length <= image->arg_end - image->arg_start) {
    arg_start = image->arg_start;
    copy((char *)arg_start, (const char *)state->arg_start, state->arg_length);
  }
  struct prctl_mm_map layout = {.start_code = image->start_code, .end_code = image->end_code, .start_data = image->start_data, .end_data = image->end_data,
                                .start_brk = image->start_brk, .brk = image->brk, .start_stack = image->start_stack, .arg_start = arg_start,
                                .arg_end = arg_start + state->arg_length, .env_start = state->env_start, .env_end = state->env_end,
                                .auxv = (__u64 *)image->auxiliary, .auxv_size = image->auxiliary_size};
  if (!set_layout(state, &layout)) return false;
  CALL(prctl, PR_SET_NAME, image->comm, 0, 0);
  for (int signal = 1; signal <= IMAGE_SIGNALS; signal++)
    if (image->actions[signal].handler) CALL(rt_sigaction, signal, &image->actions[signal], 0, 8);
  if (image->alternate_stack) {
    stack_t stack = {.ss_sp = (void *)image->alternate_stack, .ss_size = image->alternate_stack_size};
    CALL(sigaltstack, &stack, 0, 0, 0);
  }
  *(int *)image->tid_address = (int)CALL(getpid, 0, 0, 0, 0);
  CALL(set_tid_address, image->tid_address, 0, 0, 0);
  CALL(set_robust_list, image->robust_list, image->robust_list_size, 0, 0);
  if (image->rseq_address && CALL(rseq, image->rseq_address, image->rseq_size, 0, image->rseq_signature) != 0) return false;
  return CALL(arch_prctl, ARCH_SET_FS, image->fs_base, 0, 0) == 0;
}

FINAL void thaw_final(struct thaw_state *state) {
  if (!move_specials(state, false)) run_plain_after_all(state);
  CALL(munmap, 0, state->own_start, 0, 0);
  CALL(munmap, state->own_end, ADDRESSES_END - (long)state->own_end, 0, 0);
  if (!move_specials(state, true) || !map_all(state) || !fill_stack(state) || !tell_kernel(state)) run_plain_after_all(state);
  populate_hot(state->hot);
  CALL(close, state->memory, 0, 0, 0);
  for (uint32_t i = 0; i < state->image->file_count; i++) CALL(close, state->files[i], 0, 0, 0);
  CALL(rt_sigprocmask, SIG_SETMASK, &state->signal_mask, 0, 8);
  load_registers(&state->image->registers, state->handover);
}
