#include "addon/image.h"

#include <algorithm>
#include <asm/prctl.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "addon/libraries.h"
#include "addon/memory_map.h"
#include "addon/unique_fd.h"

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

// 0 here; in a run, what client/thaw_x64.h loads: the handover.
extern "C" __attribute__((returns_twice)) uint64_t saveRegisters(image_registers* into);
asm(R"(
  .text
  .globl saveRegisters
  .hidden saveRegisters
  .type saveRegisters, @function
saveRegisters:
  mov %rbx, 0(%rdi)
  mov %rbp, 8(%rdi)
  mov %r12, 16(%rdi)
  mov %r13, 24(%rdi)
  mov %r14, 32(%rdi)
  mov %r15, 40(%rdi)
  lea 8(%rsp), %rax
  mov %rax, 48(%rdi)
  mov (%rsp), %rax
  mov %rax, 56(%rdi)
  stmxcsr 64(%rdi)
  fnstcw 68(%rdi)
  xor %eax, %eax
  ret
  .size saveRegisters, .-saveRegisters
)");

// Of the C library, from 2.35 on: where each thread's area for restartable sequences lies.
extern "C" {
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));
}

namespace {

// Pages that are not worth a mapping of their own between two that are.
constexpr uint64_t LEAST_HOLE = 8 * IMAGE_PAGE;

// What one entry of a page-middle directory maps.
constexpr uint64_t LARGE_PAGE = 2 << 20;

// All that is written down, in a mapping that does not become part of the image.
struct Scratch {
  enum { MAPPINGS = 60000, FILES = 200, DESCRIPTORS = 1000, ENTRIES = 1 << 16 };  // a process has at most 65,530 mappings
  image_header header;
  image_mapping mappings[MAPPINGS];
  image_file files[FILES];
  image_descriptor descriptors[DESCRIPTORS];
  uint64_t pagemap[ENTRIES];

  static Scratch* make() {
    void* const at = mmap(nullptr, sizeof(Scratch), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<Scratch*>(at);
  }
  bool covers(uint64_t address) const { return address - reinterpret_cast<uint64_t>(this) < sizeof *this; }
};

class Maker {
 public:
  Maker(Scratch& scratch, int memory) : scratch_(scratch), header_(scratch.header), memory_(memory) {}

  void noteKernelState();
  void noteDescriptors(int channel);
  void assertOneThread();
  void assertPagesAreKept();
  [[noreturn]] void writeAndEnd();

 private:
  [[noreturn]] void giveUp(const char* reason, const char* detail = "");
  void noteRestartableSequences();
  void noteStatus();
  void noteDescriptor(int number, const char* target, int channel);
  void noteArea(const MemoryArea& area);
  void noteSpecial(const MemoryArea& area);
  void noteOwnPages(const MemoryArea& area, bool zero_below);
  void noteMapping(const MemoryArea& area, image_source source, uint64_t start, uint64_t end, uint64_t offset, uint16_t file = 0);
  uint16_t fileOf(const MemoryArea& area);
  void writePages(uint64_t start, uint64_t end);
  void collapsePages(uint64_t start, uint64_t end);
  void collapseDensePages();
  void write(const void* from, size_t length, int64_t at);

  Scratch& scratch_;
  image_header& header_;
  const int memory_;
};

void Maker::giveUp(const char* reason, const char* detail) {
  image_header failed{};
  snprintf(failed.reason, sizeof failed.reason, "%s%s%s", reason, *detail ? ": " : "", detail);
  write(&failed, sizeof failed, IMAGE_HEADER);
  _exit(1);
}

void Maker::write(const void* from, size_t length, int64_t at) {
  for (size_t done = 0; done < length;) {
    const ssize_t written = pwrite(memory_, static_cast<const char*>(from) + done, length - done, at + static_cast<int64_t>(done));
    if (written <= 0) {
      // Out of memory, or a page that may not even be read.
      if (at == IMAGE_HEADER) _exit(2);
      giveUp("not-written", strerror(errno));
    }
    done += static_cast<size_t>(written);
  }
}

// The kernel tells whether it has exactly this registration: EBUSY (rseq(2)).
void Maker::noteRestartableSequences() {
  if (!&__rseq_size || __rseq_size == 0) return;
  enum : uint32_t { SIGNATURE = 0x53053053 };
  const uint64_t address = header_.fs_base + static_cast<uint64_t>(__rseq_offset);
  for (uint32_t size : {32U, __rseq_size, (__rseq_size + 31) & ~31U, 33U}) {
    if (syscall(SYS_rseq, address, size, 0, SIGNATURE) == 0 || errno != EBUSY) continue;
    header_.rseq_address = address;
    header_.rseq_size = size;
    header_.rseq_signature = SIGNATURE;
    return;
  }
  giveUp("restartable-sequences");
}

// proc_pid_stat(5): numbered from 1, and the second, a name in parentheses, may contain anything.
void Maker::noteStatus() {
  char text[2048];
  const UniqueFd fd(open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  const ssize_t length = read(fd.get(), text, sizeof text - 1);
  text[std::max<ssize_t>(length, 0)] = 0;
  const char* at = strrchr(text, ')');
  if (!at) giveUp("no-status");
  uint64_t field[60] = {};
  int number = 2;
  for (at++; *at == ' ' && number < 59;) {
    field[++number] = strtoull(++at, nullptr, 10);
    at += strcspn(at, " ");
  }
  if (field[26] == 0 || field[51] == 0) giveUp("no-status");
  header_.start_code = field[26];
  header_.end_code = field[27];
  header_.start_stack = field[28];
  header_.start_data = field[45];
  header_.end_data = field[46];
  header_.start_brk = field[47];
  header_.arg_start = field[48];
  header_.arg_end = field[49];
  header_.brk = static_cast<uint64_t>(syscall(SYS_brk, 0));
  const UniqueFd auxiliary(open("/proc/self/auxv", O_RDONLY | O_CLOEXEC));
  const ssize_t size = read(auxiliary.get(), header_.auxiliary, sizeof header_.auxiliary);
  if (size <= 0) giveUp("no-status");
  header_.auxiliary_size = static_cast<uint32_t>(size);
}

void Maker::noteKernelState() {
  header_.magic = IMAGE_MAGIC;
  syscall(SYS_arch_prctl, ARCH_GET_FS, &header_.fs_base);
  if (prctl(PR_GET_TID_ADDRESS, &header_.tid_address, 0, 0, 0) != 0) giveUp("tid-address");
  if (syscall(SYS_get_robust_list, 0, &header_.robust_list, &header_.robust_list_size) != 0) giveUp("robust-list");
  noteRestartableSequences();
  noteStatus();
  stack_t stack;
  if (sigaltstack(nullptr, &stack) == 0 && !(stack.ss_flags & SS_DISABLE)) {
    header_.alternate_stack = reinterpret_cast<uint64_t>(stack.ss_sp);
    header_.alternate_stack_size = stack.ss_size;
  }
  for (int signal = 1; signal <= IMAGE_SIGNALS; signal++) syscall(SYS_rt_sigaction, signal, nullptr, &header_.actions[signal], sizeof(uint64_t));
  prctl(PR_GET_NAME, header_.comm);
}

// A thread would not be in the image, and those who wait for it would be. One that was joined may be listed a moment longer: the kernel wakes who waits
// for it before it takes it off its list (kernel/exit.c, exit_mm and exit_notify).
void Maker::assertOneThread() {
  enum { MOST_NAPS = 1000 };
  const timespec nap{0, 1'000'000};
  for (int naps = 0; naps < MOST_NAPS; naps++) {
    struct stat info;
    // One link for each thread's folder, beside the two of every folder.
    if (stat("/proc/self/task", &info) == 0 && info.st_nlink == 3) return;
    nanosleep(&nap, nullptr);
  }
  giveUp("threads");
}

void Maker::assertPagesAreKept() {
  if (const std::string library = libraryThatDiscardsPages(); !library.empty()) giveUp("discards-pages", library.c_str());
}

void Maker::noteDescriptor(int number, const char* target, int channel) {
  const auto is = [&](const char* start) { return strncmp(target, start, strlen(start)) == 0; };
  image_descriptor descriptor{number, -1, IMAGE_NOTHING, static_cast<uint32_t>(fcntl(number, F_GETFL)), 0, (fcntl(number, F_GETFD) & FD_CLOEXEC) != 0};
  if (number == channel) descriptor.kind = IMAGE_CHANNEL;
  else if (is("anon_inode:[eventpoll]")) descriptor.kind = IMAGE_EPOLL;
  else if (is("anon_inode:[eventfd]")) descriptor.kind = IMAGE_EVENTFD;
  else if (is("pipe:")) {
    // A writer follows its reader, if both are ours. An end without its other is a stand-in: the run's own takes its place.
    const bool writes = (descriptor.flags & O_ACCMODE) == O_WRONLY;
    struct stat info, other;
    fstat(number, &info);
    for (uint32_t i = 0; i < header_.descriptor_count; i++) {
      image_descriptor& earlier = scratch_.descriptors[i];
      if (earlier.kind != IMAGE_NOTHING || fstat(earlier.number, &other) != 0 || other.st_ino != info.st_ino || other.st_dev != info.st_dev) continue;
      if (!writes || (earlier.flags & O_ACCMODE) == O_WRONLY) continue;
      earlier.kind = IMAGE_PIPE_READER;
      descriptor.kind = IMAGE_PIPE_WRITER;
      descriptor.other = earlier.number;
      int pending = 0;
      ioctl(earlier.number, FIONREAD, &pending);
      descriptor.pending = static_cast<uint32_t>(pending);
    }
  } else if (!is("/dev/null") && !is("anon_inode:[io_uring]") && !is("/dev/pts/") && !is("/memfd:instastart") && !is("socket:")) {
    giveUp("descriptor", target);
  }
  if (header_.descriptor_count == Scratch::DESCRIPTORS) giveUp("descriptors");
  scratch_.descriptors[header_.descriptor_count++] = descriptor;
}

void Maker::noteDescriptors(int channel) {
  DIR* const folder = opendir("/proc/self/fd");
  if (!folder) giveUp("descriptors", strerror(errno));
  int numbers[Scratch::DESCRIPTORS];
  int count = 0;
  while (const dirent* const entry = readdir(folder)) {
    const int number = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number > 2 && number != dirfd(folder) && number != memory_ && count < Scratch::DESCRIPTORS) numbers[count++] = number;
  }
  std::sort(numbers, numbers + count);
  for (int i = 0; i < count; i++) {
    char path[64], target[4096];
    snprintf(path, sizeof path, "/proc/self/fd/%d", numbers[i]);
    const ssize_t length = readlink(path, target, sizeof target - 1);
    target[std::max<ssize_t>(length, 0)] = 0;
    noteDescriptor(numbers[i], target, channel);
  }
  closedir(folder);
}

void Maker::noteMapping(const MemoryArea& area, image_source source, uint64_t start, uint64_t end, uint64_t offset, uint16_t file) {
  if (header_.mapping_count == Scratch::MAPPINGS) giveUp("mappings");
  const char* const may = area.permissions;
  const int protection = (may[0] == 'r' ? PROT_READ : 0) | (may[1] == 'w' ? PROT_WRITE : 0) | (may[2] == 'x' ? PROT_EXEC : 0);
  const int flags = (may[3] == 's' ? IMAGE_SHARED : 0) | (area.is_reserve ? IMAGE_NORESERVE : 0) | (area.is_not_in_forks ? IMAGE_NOT_IN_FORKS : 0);
  scratch_.mappings[header_.mapping_count++] = {start, end - start, offset, static_cast<uint16_t>(source), static_cast<uint16_t>(flags),
                                                static_cast<uint16_t>(protection), file};
}

uint16_t Maker::fileOf(const MemoryArea& area) {
  struct stat info;
  // A library that was replaced on disk is mapped by nobody else any more.
  if (stat(area.name, &info) != 0 || info.st_ino != area.inode || !S_ISREG(info.st_mode)) giveUp("file-is-gone", area.name);
  for (uint32_t i = 0; i < header_.file_count; i++)
    if (strcmp(scratch_.files[i].path, area.name) == 0) return static_cast<uint16_t>(i);
  if (header_.file_count == Scratch::FILES || strlen(area.name) >= sizeof(image_file::path)) giveUp("files");
  image_file& file = scratch_.files[header_.file_count];
  file = {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, {}};
  strcpy(file.path, area.name);
  return static_cast<uint16_t>(header_.file_count++);
}

// The pages of this area that are this process's own; `zero_below`: the others are to be zero.
void Maker::noteOwnPages(const MemoryArea& area, bool zero_below) {
  const UniqueFd pagemap(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  uint64_t zero_from = area.start, start = 0, end = 0;  // [start, end): pages that belong together
  const auto flush = [&] {
    if (start == end) return;
    if (zero_below && zero_from < start) noteMapping(area, IMAGE_ZERO, zero_from, start, 0);
    noteMapping(area, IMAGE_PAGES, start, end, start);
    zero_from = end;
  };
  for (uint64_t at = area.start; at < area.end;) {
    const size_t wanted = std::min<uint64_t>((area.end - at) / IMAGE_PAGE, Scratch::ENTRIES);
    const ssize_t got = pread(pagemap.get(), scratch_.pagemap, wanted * sizeof(uint64_t), static_cast<off_t>(at / IMAGE_PAGE * sizeof(uint64_t)));
    if (got < static_cast<ssize_t>(sizeof(uint64_t))) giveUp("pagemap");
    for (size_t i = 0; i < static_cast<size_t>(got) / sizeof(uint64_t); i++, at += IMAGE_PAGE) {
      if (!isOwnPage(scratch_.pagemap[i])) continue;
      if (start == end || at - end > LEAST_HOLE) {
        flush();
        start = at;
      }
      end = at + IMAGE_PAGE;
    }
  }
  flush();
  if (zero_below && zero_from < area.end) noteMapping(area, IMAGE_ZERO, zero_from, area.end, 0);
}

void Maker::noteSpecial(const MemoryArea& area) {
  if (header_.special_count == IMAGE_SPECIALS) giveUp("special-mappings");
  header_.specials[header_.special_count++] = {area.start, area.end - area.start};
}

void Maker::noteArea(const MemoryArea& area) {
  const auto is = [&](const char* start) { return strncmp(area.name, start, strlen(start)) == 0; };
  if (is("[vsyscall]")) return;
  header_.address_space += area.end - area.start;
  if (is("[vdso]") || is("[vvar")) return noteSpecial(area);
  if (area.is_huge || area.is_locked || area.has_key) giveUp("memory-of-a-kind", area.is_huge ? "huge" : area.is_locked ? "locked" : "key");
  if (is("[stack]")) {
    // Below what is in use is room to grow.
    header_.stack_low = (header_.registers.rsp - 256) & ~uint64_t{IMAGE_PAGE - 1};
    header_.stack_high = area.end;
    return;
  }
  const bool is_private = area.permissions[3] == 'p';
  if (area.inode == 0 || !is_private) {
    // The rings of a loop that was renewed, or that nobody runs any more: only to be unmapped.
    if (!is_private && strcmp(area.name, "anon_inode:[io_uring]") == 0) {
      MemoryArea placeholder = area;
      memcpy(placeholder.permissions, "---p", 4);
      return noteMapping(placeholder, IMAGE_ZERO, area.start, area.end, 0);
    }
    if (!is_private && (area.permissions[1] == 'w' || area.inode == 0)) giveUp("shared-memory", area.name);
    // Secrets that no two processes may share: the state of the C library's getrandom() (glibc 2.41), for one.
    if (is_private && area.is_empty_in_forks) return noteMapping(area, IMAGE_ZERO, area.start, area.end, 0);
    if (is_private) return noteOwnPages(area, true);
  }
  const uint16_t file = fileOf(area);
  if (area.start <= header_.start_code && header_.start_code < area.end) header_.executable = file;
  noteMapping(area, IMAGE_FILE, area.start, area.end, area.offset, file);
  if (area.own_pages) noteOwnPages(area, false);
}

void Maker::writePages(uint64_t start, uint64_t end) {
  write(reinterpret_cast<const void*>(start), end - start, static_cast<int64_t>(start));
  header_.populated += end - start;
}

// On small pages of a file a run's read faults cost 3.5 us each, and as much again at its end; on large ones a tenth. Whatever the settings
// of the machine (MADV_COLLAPSE, madvise(2), Linux 6.1); where there are none they stay small. `start` and `end` are multiples of LARGE_PAGE.
void Maker::collapsePages(uint64_t start, uint64_t end) {
  const size_t length = end - start;
  void* const room = mmap(nullptr, length + LARGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return;
  void* const at = reinterpret_cast<void*>((reinterpret_cast<uint64_t>(room) + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1));
  if (mmap(at, length, PROT_READ, MAP_SHARED | MAP_FIXED, memory_, static_cast<off_t>(start)) == at) madvise(at, length, MADV_COLLAPSE);
}

// Those that small pages fill to three quarters, for the holes become memory, too.
void Maker::collapseDensePages() {
  uint64_t start = 0, end = 0;  // found, and not collapsed yet
  uint64_t large = 0, filled = 0;
  const auto flush = [&] {
    if (filled >= LARGE_PAGE / 4 * 3 && large == end) end += LARGE_PAGE;
    else if (filled >= LARGE_PAGE / 4 * 3) {
      if (start < end) collapsePages(start, end);
      start = large;
      end = large + LARGE_PAGE;
    }
  };
  for (uint32_t i = 0; i < header_.mapping_count; i++) {
    const image_mapping& mapping = scratch_.mappings[i];
    for (uint64_t at = mapping.start, next; mapping.source == IMAGE_PAGES && at < mapping.start + mapping.length; at = next) {
      next = std::min((at | (LARGE_PAGE - 1)) + 1, mapping.start + mapping.length);
      if ((at & ~(LARGE_PAGE - 1)) != large) {
        flush();
        large = at & ~(LARGE_PAGE - 1);
        filled = 0;
      }
      filled += next - at;
    }
  }
  flush();
  if (start < end) collapsePages(start, end);
}

// Nothing here may change what it writes down: no allocation, and only the stack below the caller's.
void Maker::writeAndEnd() {
  MemoryMap map;
  if (!map.ok()) giveUp("memory-map");
  for (MemoryArea area; map.next(&area);)
    if (!scratch_.covers(area.start)) noteArea(area);
  if (header_.stack_high == 0 || header_.special_count == 0) giveUp("memory-map");
  writePages(header_.stack_low, header_.stack_high);
  for (uint32_t i = 0; i < header_.mapping_count; i++) {
    const image_mapping& mapping = scratch_.mappings[i];
    if (mapping.source == IMAGE_PAGES) writePages(mapping.start, mapping.start + mapping.length);
  }
  header_.mappings = sizeof header_;
  header_.files = header_.mappings + header_.mapping_count * sizeof(image_mapping);
  header_.descriptors = header_.files + header_.file_count * sizeof(image_file);
  header_.size = header_.descriptors + header_.descriptor_count * sizeof(image_descriptor);
  const auto put = [&](const void* table, size_t size, uint64_t at) { write(table, size, IMAGE_HEADER + static_cast<int64_t>(at)); };
  put(scratch_.mappings, header_.mapping_count * sizeof(image_mapping), header_.mappings);
  put(scratch_.files, header_.file_count * sizeof(image_file), header_.files);
  put(scratch_.descriptors, header_.descriptor_count * sizeof(image_descriptor), header_.descriptors);
  put(&header_, sizeof header_, 0);
  collapseDensePages();
  _exit(0);
}

}  // namespace

const image_handover* freezeInto(int memory, int channel) {
  Scratch* const scratch = Scratch::make();
  if (!scratch) _exit(1);
  Maker maker(*scratch, memory);
  maker.assertOneThread();
  maker.assertPagesAreKept();
  maker.noteKernelState();
  maker.noteDescriptors(channel);
  const uint64_t handover = saveRegisters(&scratch->header.registers);
  if (handover == 0) maker.writeAndEnd();
  return reinterpret_cast<const image_handover*>(handover);
}
