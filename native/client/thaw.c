#include "client/thaw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/thaw_state.h"
#include "client/thaw_x64.h"
#include "wire/channel.h"
#include "wire/frame.h"

// The state, the numbers of the files, and a stack that begins at the end.
enum { MOST_FILES = 200, STATE_SIZE = 9 * IMAGE_PAGE, HOT_SIZE = IMAGE_PAGE, SPECIALS_SIZE = 64 * IMAGE_PAGE };

extern char **environ;

static uint64_t round_up(uint64_t size) { return (size + IMAGE_PAGE - 1) & ~(uint64_t)(IMAGE_PAGE - 1); }

static bool fail(char reason[REASON_MAX], const char *what, const char *detail) {
  snprintf(reason, REASON_MAX, "thaw: %s%s%.400s", what, detail ? ": " : "", detail ? detail : "");
  return false;
}

// PR_SET_MM_MAP_SIZE tells whether the kernel lets a process say where its break is (CONFIG_CHECKPOINT_RESTORE; prctl(2)).
static bool kernel_is_able(char reason[REASON_MAX]) {
  unsigned size = 0;
  if (prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) != 0 || size != sizeof(struct prctl_mm_map)) return fail(reason, "kernel", strerror(errno));
  return true;
}

// The kernel writes to this thread's area for restartable sequences, which will not be there. Nothing misses it should the thaw fail yet. What size
// it was registered with only the C library knows: 32 bytes, more in later versions (rseq(2): another one is EINVAL).
static bool leave_restartable_sequences(char reason[REASON_MAX]) {
  if (__rseq_size == 0) return true;
  const uint64_t address = (uint64_t)__builtin_thread_pointer() + (uint64_t)__rseq_offset;
  for (uint32_t size = 32; size <= 256; size++)
    if (syscall(SYS_rseq, address, size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG) == 0) return true;
  return fail(reason, "restartable sequences", strerror(errno));
}

static bool fits_limits(const struct image_header *image, char reason[REASON_MAX]) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < image->address_space) return fail(reason, "address-space limit", NULL);
  return true;
}

static bool open_files(const struct image_header *image, int *files, uint32_t *opened, char reason[REASON_MAX]) {
  const struct image_file *const table = (const void *)((const char *)image + image->files);
  if (image->file_count > MOST_FILES) return fail(reason, "files", NULL);
  for (uint32_t i = 0; i < image->file_count; i++) {
    struct stat info;
    files[i] = open(table[i].path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (files[i] < 0) return fail(reason, strerror(errno), table[i].path);
    (*opened)++;
    if (fstat(files[i], &info) != 0 || info.st_dev != table[i].device || info.st_ino != table[i].inode || info.st_size != table[i].size ||
        info.st_mtim.tv_sec * 1000000000LL + info.st_mtim.tv_nsec != table[i].modified_ns)
      return fail(reason, "another file", table[i].path);
  }
  return true;
}

static bool place(int fd, const struct image_descriptor *descriptor) {
  if (fd < 0) return false;
  bool placed = dup3(fd, descriptor->number, descriptor->closes_on_exec ? O_CLOEXEC : 0) >= 0;
  close(fd);
  return placed;
}

static bool make_pipe(const struct image_descriptor *reader, const struct image_descriptor *writer) {
  int ends[2];
  if (pipe2(ends, (int)(writer->flags & O_NONBLOCK)) != 0) return false;
  // The lock of libuv's signal handlers is a byte in a pipe.
  for (uint32_t i = 0; i < writer->pending; i++)
    if (write(ends[1], "*", 1) != 1) return false;
  bool placed = place(ends[0], reader);
  return place(ends[1], writer) && placed;
}

// The caller has handed down what belongs there.
static bool takes_channel(int number) {
  struct channel channel;
  return find_channel((const char *const *)environ, &channel) && channel.fd == number && fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) == 0;
}

// First a placeholder for each, so that nothing else gets its number; then what it is. What the program's caller has opened keeps its number.
static bool make_descriptors(const struct image_header *image, uint32_t *made, char reason[REASON_MAX]) {
  const struct image_descriptor *const table = (const void *)((const char *)image + image->descriptors);
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  bool done = nothing >= 0;
  for (; done && *made < image->descriptor_count; (*made)++) {
    int number = table[*made].number;
    if (table[*made].kind == IMAGE_CHANNEL) {
      done = takes_channel(number);
      continue;
    }
    // The first to be made may be where the placeholder itself lies.
    if (number == nothing) nothing = fcntl(number, F_DUPFD_CLOEXEC, number + 1);
    else if (fcntl(number, F_GETFD) >= 0) done = false;
    if (done) done = dup3(nothing, number, O_CLOEXEC) >= 0;
    if (!done) break;
  }
  if (nothing >= 0) close(nothing);
  for (uint32_t i = 0; done && i < image->descriptor_count; i++) {
    if (table[i].kind == IMAGE_EPOLL) done = place(epoll_create1(EPOLL_CLOEXEC), &table[i]);
    if (table[i].kind == IMAGE_EVENTFD) done = place(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), &table[i]);
    for (uint32_t j = 0; table[i].kind == IMAGE_PIPE_WRITER && j < image->descriptor_count; j++)
      if (table[j].number == table[i].other) done = make_pipe(&table[j], &table[i]);
  }
  return done || fail(reason, "descriptors", NULL);
}

static void close_descriptors(const struct image_header *image, uint32_t made) {
  const struct image_descriptor *const table = (const void *)((const char *)image + image->descriptors);
  for (uint32_t i = 0; i < made; i++)
    if (table[i].kind != IMAGE_CHANNEL) close(table[i].number);
}

// Out of the way of the image's numbers.
static void move_up(int *fd, const struct image_header *image) {
  const struct image_descriptor *const table = (const void *)((const char *)image + image->descriptors);
  int above = 3;
  for (uint32_t i = 0; i < image->descriptor_count; i++)
    if (table[i].number >= above) above = table[i].number + 1;
  const int moved = fcntl(*fd, F_DUPFD_CLOEXEC, above);
  if (moved < 0) return;
  close(*fd);
  *fd = moved;
}

static uint64_t strings_size(char *const *strings, size_t *count) {
  uint64_t size = 0;
  for (*count = 0; strings[*count]; (*count)++) size += strlen(strings[*count]) + 1;
  return size;
}

static char **copy_strings(char *const *strings, size_t count, char **pointers, char **at) {
  for (size_t i = 0; i < count; i++) {
    pointers[i] = *at;
    *at = stpcpy(*at, strings[i]) + 1;
  }
  pointers[count] = NULL;
  return pointers;
}

// An address range that neither the image uses nor this process.
static char *find_room(const struct image_header *image, uint64_t length) {
  const struct image_mapping *const mappings = (const void *)((const char *)image + image->mappings);
  // Between where position-independent programs are loaded and where the kernel puts the rest.
  for (uint64_t at = 0x600000000000; at < 0x700000000000; at += 1ULL << 32) {
    bool free = true;
    for (uint32_t i = 0; free && i < image->mapping_count; i++) free = at + length <= mappings[i].start || mappings[i].start + mappings[i].length <= at;
    if (!free) continue;
    char *room = mmap((void *)at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (room == (char *)at) return room;
    if (room != MAP_FAILED) munmap(room, length);
  }
  return NULL;
}

// The kernel lays its own pages out in the same order for every process.
static void find_specials(const struct image_header *image, uint64_t *specials) {
  const uint64_t last = image->specials[image->special_count - 1].start;
  for (uint32_t i = 0; i < image->special_count; i++) specials[i] = getauxval(AT_SYSINFO_EHDR) - (last - image->specials[i].start);
}

// A copy, for the zygote may be writing to it.
static void read_hot(int memory, struct image_hot *hot) {
  const bool is_whole = pread(memory, hot, sizeof *hot, IMAGE_HOT) == sizeof *hot;
  if (!is_whole || hot->is_wanted || hot->count > IMAGE_HOT_MOST) hot->count = 0;
}

static struct thaw_state *prepare(const struct image_header *image, int memory, const int *files, const struct plain_command *plain, char reason[REASON_MAX]) {
  size_t argument_count, variable_count;
  const uint64_t arguments_size = strings_size(plain->argv, &argument_count), environment_size = strings_size(environ, &variable_count);
  char note[64];
  snprintf(note, sizeof note, "INSTASTART_PLAIN=%d:start-failed", (int)getpid());
  const uint64_t code_size = round_up((uint64_t)(__stop_thaw_code - __start_thaw_code));
  const uint64_t image_size = round_up(image->size);
  const uint64_t handover_size = round_up(sizeof(struct image_handover) + (argument_count + 2 * variable_count + 4) * sizeof(char *) + arguments_size +
                                          environment_size + strlen(plain->node) + 1 + sizeof note);
  const uint64_t before_header = code_size + STATE_SIZE + HOT_SIZE, length = before_header + image_size + handover_size + SPECIALS_SIZE;
  char *const room = find_room(image, length);
  if (!room) {
    fail(reason, "no room", NULL);
    return NULL;
  }
  memcpy(room, __start_thaw_code, (size_t)(__stop_thaw_code - __start_thaw_code));
  struct thaw_state *const state = (void *)(room + code_size);
  char *const header = room + before_header;
  struct image_handover *const handover = (void *)(header + image_size);
  if (mprotect(room, code_size, PROT_READ | PROT_EXEC) != 0 ||
      mmap(header, image_size, PROT_READ, MAP_PRIVATE | MAP_FIXED, memory, IMAGE_HEADER) != header) {
    fail(reason, "no room", strerror(errno));
    munmap(room, length);
    return NULL;
  }
  struct image_hot *const hot = (void *)(room + code_size + STATE_SIZE);
  read_hot(memory, hot);
  int *const kept_files = (int *)(state + 1);
  memcpy(kept_files, files, image->file_count * sizeof *files);
  char **const pointers = (char **)(handover + 1);
  char *text = (char *)(pointers + argument_count + 2 * variable_count + 4);
  *state = (struct thaw_state){.image = (const void *)header, .hot = hot, .own_start = (uint64_t)room, .own_end = (uint64_t)room + length,
                               .specials_at = (uint64_t)room + length - SPECIALS_SIZE, .memory = memory, .files = kept_files,
                               .handover = handover, .node = text};
  text = stpcpy(text, plain->node) + 1;
  state->arg_start = (uint64_t)text;
  handover->arguments = copy_strings(plain->argv, argument_count, pointers, &text);
  state->arg_length = (uint64_t)text - state->arg_start;
  state->env_start = (uint64_t)text;
  handover->environment = copy_strings(environ, variable_count, pointers + argument_count + 1, &text);
  state->env_end = (uint64_t)text;
  state->plain_environment = handover->environment + variable_count + 1;
  state->plain_environment[0] = strcpy(text, note);
  memcpy(state->plain_environment + 1, handover->environment, (variable_count + 1) * sizeof(char *));
  handover->mapping = (uint64_t)room;
  handover->mapping_length = before_header + image_size;
  handover->argument_count = (uint32_t)argument_count;
  handover->option_count = (uint32_t)plain->option_count;
  handover->is_hot_wanted = hot->is_wanted;
  handover->started_ns = plain->started_ns;
  find_specials(image, state->specials);
  return state;
}

static bool holds(const struct image_header *head, uint64_t at, uint64_t count, uint64_t size) {
  return at >= sizeof *head && at <= head->size && count * size <= head->size - at;
}

// Nobody can change it any more, but for what its zygote has kept for itself (zygote_image.cc), and its tables are where it says.
static bool is_image(int memory, struct image_header *head) {
  const int seals = fcntl(memory, F_GET_SEALS);
  if (seals < 0 || !(seals & F_SEAL_SHRINK) || !(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))) return false;
  if (pread(memory, head, sizeof *head, IMAGE_HEADER) != sizeof *head || head->magic != IMAGE_MAGIC || head->size > (64 << 20)) return false;
  return holds(head, head->mappings, head->mapping_count, sizeof(struct image_mapping)) && holds(head, head->files, head->file_count, sizeof(struct image_file)) &&
         holds(head, head->descriptors, head->descriptor_count, sizeof(struct image_descriptor)) && head->special_count > 0 && head->special_count <= IMAGE_SPECIALS &&
         head->executable < head->file_count && head->auxiliary_size <= sizeof head->auxiliary;
}

static const struct image_header *map_header(int memory, char reason[REASON_MAX]) {
  struct image_header head;
  if (!is_image(memory, &head)) {
    fail(reason, "image", NULL);
    return NULL;
  }
  void *const header = mmap(NULL, head.size, PROT_READ, MAP_PRIVATE, memory, IMAGE_HEADER);
  if (header != MAP_FAILED) return header;
  fail(reason, "image", strerror(errno));
  return NULL;
}

void thaw(struct offer *offer, const struct plain_command *plain, int64_t asked_at, bool direct, char reason[REASON_MAX]) {
  const struct image_header *const image = map_header(offer->image, reason);
  if (!image) return;
  move_up(&offer->image, image);
  move_up(&offer->conversation, image);
  int files[MOST_FILES];
  uint32_t made = 0, opened = 0;
  struct thaw_state *state = NULL;
  if (kernel_is_able(reason) && fits_limits(image, reason) && make_descriptors(image, &made, reason) && open_files(image, files, &opened, reason) &&
      leave_restartable_sequences(reason))
    state = prepare(image, offer->image, files, plain, reason);
  if (state && frame_send(offer->conversation, MESSAGE_TAKEN, NULL, 0, NULL, 0, now_ms() + 1000)) {
    close(offer->conversation);
    const char *debug = getenv("INSTASTART_DEBUG");
    if (debug && strcmp(debug, "1") == 0) dprintf(2, "instastart: warm run, thawed %lld ms after %s\n", (long long)(now_ms() - asked_at), direct ? "start" : "asking");
    sigset_t all;
    sigfillset(&all);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &state->signal_mask, sizeof state->signal_mask);
    switch_stack((uint64_t)state + STATE_SIZE, state->own_start + (uint64_t)((const char *)thaw_final - __start_thaw_code), state);
  }
  close_descriptors(image, made);
  for (uint32_t i = 0; i < opened; i++) close(files[i]);
  munmap((void *)image, image->size);
}
