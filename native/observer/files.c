// Preloaded into a zygote: hears which files are looked for until it parks, found or not; and stops it before the first act that others can see,
// for that is each run's own. Node and what it links calls the C library through the dynamic table for all of these (`nm -D node`).
#include "observer/files.h"

#include "observer/next.h"
#include "observer/own_work.h"
#include "observer/readings.h"
#include "observer/surroundings.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

enum { SLOTS = 1 << 17, MOST = SLOTS / 2, TEXT = 32 << 20 };

_Thread_local bool is_own_work;
static int channel = -1;

static atomic_bool is_deaf;
static void (*_Atomic stop)(const char *act);
static atomic_flag lock = ATOMIC_FLAG_INIT;
static bool is_overflown;
static char own_folder[PATH_MAX];

// In mappings of their own, which are gone when the zygote has parked.
static char *text;
static uint32_t *slots;  // offset in `text` plus 1
static struct stat *found;
static uint32_t text_length, path_count;

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

static void *reserve(size_t size) {
  const long at = system_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at < 0 && at > -4096 ? NULL : (void *)at;
}

static bool is_below(const char *path, const char *folder) {
  const size_t length = strlen(folder);
  return length > 0 && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

// What the kernel tells there changes with every call, and is about the machine or this process.
static bool is_nobodys(const char *path) { return is_below(path, "/proc") || is_below(path, "/sys") || is_below(path, "/dev") || is_below(path, own_folder); }

bool make_absolute(int folder, const char *path, char *absolute) {
  if (!path || !*path) return false;
  long length = 0;
  if (path[0] != '/') {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    if (folder == AT_FDCWD) length = system_call(SYS_getcwd, (long)absolute, PATH_MAX, 0, 0, 0, 0) - 1;
    else length = system_call(SYS_readlink, (long)link, (long)absolute, PATH_MAX - 1, 0, 0, 0);
    if (length <= 0) return false;
    absolute[length++] = '/';
  }
  if (length + strlen(path) >= PATH_MAX) return false;
  strcpy(absolute + length, path);
  return true;
}

static void remember(char kind, const char *path) {
  uint32_t hash = 2166136261U ^ (unsigned char)kind;
  for (const char *at = path; *at; at++) hash = (hash ^ (unsigned char)*at) * 16777619U;
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) continue;
  if (!text) text = reserve(TEXT);
  if (!slots) slots = reserve(SLOTS * sizeof *slots);
  if (!found) found = reserve(MOST * sizeof *found);
  const size_t length = strlen(path) + 2;
  if (!text || !slots || !found || path_count == MOST || text_length + length > TEXT) {
    is_overflown = true;
  } else {
    uint32_t slot = hash % SLOTS;
    while (slots[slot] && !(text[slots[slot] - 1] == kind && strcmp(text + slots[slot], path) == 0)) slot = (slot + 1) % SLOTS;
    if (!slots[slot]) {
      text[text_length] = kind;
      memcpy(text + text_length + 1, path, length - 1);
      slots[slot] = text_length + 1;
      text_length += (uint32_t)length;
      if (system_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)&found[path_count], 0, 0, 0) != 0) memset(&found[path_count], 0, sizeof *found);
      path_count++;
    }
  }
  atomic_flag_clear_explicit(&lock, memory_order_release);
}

// Asked first, before anything is found out about an act: in runs there is nothing to heed, and no system call may be added.
bool is_heeding(void) {
  return !atomic_load_explicit(&is_deaf, memory_order_relaxed) && atomic_load_explicit(&stop, memory_order_relaxed) && !is_own_work;
}

void heed(const char *what, int folder, const char *path) {
  static atomic_flag is_stopped = ATOMIC_FLAG_INIT;
  if (!is_heeding()) return;
  char absolute[PATH_MAX] = "", act[PATH_MAX + 64];
  // What a program that goes on does to a device is not for nobody.
  if (path && make_absolute(folder, path, absolute) && is_nobodys(absolute) && !(is_going_on_here() && is_below(absolute, "/dev"))) return;
  snprintf(act, sizeof act, "%s%s%s", what, absolute[0] ? ": " : "", absolute);
  // Other threads get no further, while this one leaves.
  if (atomic_flag_test_and_set(&is_stopped))
    for (;;) pause();
  is_own_work = true;
  atomic_load(&stop)(act);
  // It may be done.
  is_own_work = false;
  atomic_flag_clear(&is_stopped);
}

void heed_thread(const void *caller) {
  Dl_info its, own;
  if (!is_heeding()) return;
  if (!dladdr(caller, &its) || !its.dli_fname || !dladdr((const void *)heed, &own)) return;
  const char *const slash = strrchr(own.dli_fname, '/'), *const extension = strrchr(its.dli_fname, '.');
  // The collector's and the compiler's, which are joined before the zygote parks, may be started on anybody's stack.
  if (slash && strncmp(its.dli_fname, own.dli_fname, (size_t)(slash - own.dli_fname)) == 0) return;
  if (extension && strcmp(extension, ".node") == 0) heed("to start a thread", AT_FDCWD, NULL);
  else if (!extension || !strstr(its.dli_fname, ".so")) heed("to start a thread of Node", AT_FDCWD, NULL);
}

static bool exists(int folder, const char *path) { return system_call(SYS_faccessat2, folder, (long)path, F_OK, AT_SYMLINK_NOFOLLOW, 0, 0) == 0; }

// Somebody has looked for `path`; errno is as the look has left it.
static void hear(char found, bool succeeded, int folder, const char *path) {
  if (atomic_load_explicit(&is_deaf, memory_order_relaxed) || is_own_work) return;
  if (path && *path && *path != '/' && folder == AT_FDCWD) note_directory();
  const int error = errno;
  char absolute[PATH_MAX];
  // Any other error is an answer about the process, such as its limits.
  if ((succeeded || error == ENOENT || error == ENOTDIR) && make_absolute(folder, path, absolute) && !is_nobodys(absolute)) remember(succeeded ? found : HEARD_MISSING, absolute);
  errno = error;
}

static bool is_to_write(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)); }

// Another name of what is the caller's.
static bool is_stream(const char *path) {
  static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/dev/tty", NULL};
  for (const char *const *name = names; path && *name; name++)
    if (strncmp(path, *name, strlen(*name)) == 0) return true;
  return false;
}

static void opening(int flags, int folder, const char *path, const void *caller) {
  heed_look(folder, path, caller);
  if (!is_heeding()) return;
  if (is_stream(path)) heed("to open a standard stream", AT_FDCWD, NULL);
  const bool makes = flags & O_CREAT;
  // One that fails changes nothing.
  if (is_to_write(flags) && (is_going_on() || (exists(folder, path) ? !(makes && (flags & O_EXCL)) : makes))) heed("to write", folder, path);
}

void instastart_heed_acts(const char *folder, void (*instead)(const char *act)) {
  snprintf(own_folder, sizeof own_folder, "%s", folder);
  atomic_store(&stop, instead);
  atomic_store(&is_deaf, false);
}

void instastart_heed_channel(int fd) { channel = fd; }

void instastart_mark_own_work(bool is_own) { is_own_work = is_own; }

struct heard_files instastart_stop_heeding(void) {
  atomic_store(&is_deaf, true);
  return (struct heard_files){text, text_length, found, is_overflown};
}

void instastart_forget_files(void) {
  if (text) system_call(SYS_munmap, (long)text, TEXT, 0, 0, 0, 0);
  if (slots) system_call(SYS_munmap, (long)slots, SLOTS * sizeof *slots, 0, 0, 0, 0);
  if (found) system_call(SYS_munmap, (long)found, MOST * sizeof *found, 0, 0, 0, 0);
  text = NULL;
  slots = NULL;
  found = NULL;
  text_length = path_count = 0;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, mode_t); \
    va_end(more); \
  }

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    MODE_OF(flags) \
    opening(flags, AT_FDCWD, path, __builtin_return_address(0)); \
    const int fd = NEXT(name)(path, flags, mode); \
    hear(HEARD_FOUND, fd >= 0, AT_FDCWD, path); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    MODE_OF(flags) \
    opening(flags, folder, path, __builtin_return_address(0)); \
    const int fd = NEXT(name)(folder, path, flags, mode); \
    hear(HEARD_FOUND, fd >= 0, folder, path); \
    return fd; \
  }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name) \
  FILE *name(const char *path, const char *mode) { \
    opening(strpbrk(mode, "wa") ? O_WRONLY | O_CREAT : strchr(mode, '+') ? O_RDWR : O_RDONLY, AT_FDCWD, path, __builtin_return_address(0)); \
    FILE *const file = NEXT(name)(path, mode); \
    hear(HEARD_FOUND, file, AT_FDCWD, path); \
    return file; \
  }
FOPEN(fopen)
FOPEN(fopen64)

// A function of (path, ...) that returns 0 where it has found something.
#define LOOK(name, parameters, arguments, path) \
  int name parameters { \
    heed_look(AT_FDCWD, path, __builtin_return_address(0)); \
    const int result = NEXT(name) arguments; \
    hear(HEARD_FOUND, result == 0, AT_FDCWD, path); \
    return result; \
  }
LOOK(access, (const char *path, int mode), (path, mode), path)
LOOK(stat, (const char *restrict path, struct stat *restrict info), (path, info), path)
LOOK(lstat, (const char *restrict path, struct stat *restrict info), (path, info), path)
LOOK(stat64, (const char *restrict path, struct stat64 *restrict info), (path, info), path)
LOOK(lstat64, (const char *restrict path, struct stat64 *restrict info), (path, info), path)
// Of the C library before 2.33, against which Node is linked (sys/stat.h).
int __xstat(int version, const char *path, struct stat *info);
int __lxstat(int version, const char *path, struct stat *info);
int __xstat64(int version, const char *path, struct stat64 *info);
int __lxstat64(int version, const char *path, struct stat64 *info);
LOOK(__xstat, (int version, const char *path, struct stat *info), (version, path, info), path)
LOOK(__lxstat, (int version, const char *path, struct stat *info), (version, path, info), path)
LOOK(__xstat64, (int version, const char *path, struct stat64 *info), (version, path, info), path)
LOOK(__lxstat64, (int version, const char *path, struct stat64 *info), (version, path, info), path)

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict info) {
  heed_look(folder, path, __builtin_return_address(0));
  const int result = NEXT(statx)(folder, path, flags, mask, info);
  hear(HEARD_FOUND, result == 0, folder, path);
  return result;
}

// libuv calls statx(2) by its number (src/unix/linux.c).
long syscall(long number, ...) {
  va_list more;
  va_start(more, number);
  long given[6];
  for (int i = 0; i < 6; i++) given[i] = va_arg(more, long);
  va_end(more);
  if (number == SYS_statx) heed_look((int)given[0], (const char *)given[1], __builtin_return_address(0));
  long result = system_call(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    result = -1;
  }
  if (number == SYS_statx) {
    const char *const path = (const char *)given[1];
    if (path && !*path) note_descriptor((int)given[0]);
    hear(HEARD_FOUND, result == 0, (int)given[0], path);
  }
  return result;
}

ssize_t readlink(const char *restrict path, char *restrict target, size_t size) {
  heed_look(AT_FDCWD, path, __builtin_return_address(0));
  const ssize_t length = NEXT(readlink)(path, target, size);
  // No link: so something is there (readlink(2)).
  hear(HEARD_FOUND, length >= 0 || errno == EINVAL, AT_FDCWD, path);
  return length;
}

char *realpath(const char *restrict path, char *restrict resolved) {
  heed_look(AT_FDCWD, path, __builtin_return_address(0));
  char *const result = NEXT(realpath)(path, resolved);
  hear(HEARD_FOUND, result, AT_FDCWD, path);
  return result;
}

DIR *opendir(const char *path) {
  heed_look(AT_FDCWD, path, __builtin_return_address(0));
  DIR *const folder = NEXT(opendir)(path);
  hear(HEARD_LISTING, folder, AT_FDCWD, path);
  return folder;
}

int scandir64(const char *restrict path, struct dirent64 ***restrict names, int (*filter)(const struct dirent64 *), int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  heed_look(AT_FDCWD, path, __builtin_return_address(0));
  const int count = NEXT(scandir64)(path, names, filter, compare);
  hear(HEARD_LISTING, count >= 0, AT_FDCWD, path);
  return count;
}

enum { PSEUDO_TERMINAL = 136 };  // Documentation/admin-guide/devices.txt

// libuv opens a terminal once more to write to it (src/unix/tty.c).
static bool is_output(int fd) {
  if (fd == STDOUT_FILENO || fd == STDERR_FILENO) return true;
  struct stat info, standard;
  if (fd <= 2 || system_call(SYS_fstat, fd, (long)&info, 0, 0, 0, 0) != 0) return false;
  if (!S_ISCHR(info.st_mode) || major(info.st_rdev) != PSEUDO_TERMINAL) return false;
  for (int each = STDOUT_FILENO; each <= STDERR_FILENO; each++)
    if (system_call(SYS_fstat, each, (long)&standard, 0, 0, 0, 0) == 0 && standard.st_ino == info.st_ino && standard.st_dev == info.st_dev) return true;
  return false;
}

static void heed_output(int fd) {
  heed_descriptor(fd);
  if (is_heeding() && is_output(fd)) heed("to print", AT_FDCWD, NULL);
  if (is_heeding() && fd == channel) heed("to send a message", AT_FDCWD, NULL);
}

// What is printed goes to a stand-in, where nobody but the zygote's log has it, and what is sent to nowhere; unless it is the runs' own.
#define PRINT(name, parameters, arguments) \
  ssize_t name parameters { \
    const bool is_before = is_going_on(); \
    if (is_before) heed_output(fd); \
    const ssize_t result = NEXT(name) arguments; \
    if (!is_before) heed_output(fd); \
    return result; \
  }
PRINT(write, (int fd, const void *from, size_t size), (fd, from, size))
PRINT(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
PRINT(pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
PRINT(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))

#define READ(name, parameters, arguments) \
  ssize_t name parameters { \
    if (fd == STDIN_FILENO) heed("to read the standard input", AT_FDCWD, NULL); \
    heed_descriptor(fd); \
    return NEXT(name) arguments; \
  }
READ(read, (int fd, void *into, size_t size), (fd, into, size))
READ(readv, (int fd, const struct iovec *parts, int count), (fd, parts, count))
READ(pread64, (int fd, void *into, size_t size, off64_t at), (fd, into, size, at))

// A function that changes something under this condition; for a program that goes on, that nothing is changed is an answer.
#define ACT(type, name, parameters, arguments, what, condition, path) \
  type name parameters { \
    if (is_heeding() && (is_going_on() || (condition))) heed(what, AT_FDCWD, path); \
    return NEXT(name) arguments; \
  }
ACT(int, rename, (const char *from, const char *to), (from, to), "to rename", exists(AT_FDCWD, from), from)
ACT(int, unlink, (const char *path), (path), "to remove", exists(AT_FDCWD, path), path)
ACT(int, remove, (const char *path), (path), "to remove", exists(AT_FDCWD, path), path)
ACT(int, rmdir, (const char *path), (path), "to remove", exists(AT_FDCWD, path), path)
ACT(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), "to remove", exists(folder, path), NULL)
ACT(int, mkdir, (const char *path, mode_t mode), (path, mode), "to make", !exists(AT_FDCWD, path), path)
ACT(int, symlink, (const char *target, const char *path), (target, path), "to make", !exists(AT_FDCWD, path), path)
ACT(int, link, (const char *target, const char *path), (target, path), "to make", !exists(AT_FDCWD, path), path)
ACT(int, linkat, (int from, const char *target, int folder, const char *path, int flags), (from, target, folder, path, flags), "to make", !exists(folder, path), NULL)
ACT(int, truncate, (const char *path, off_t length), (path, length), "to write", exists(AT_FDCWD, path), path)
ACT(int, chmod, (const char *path, mode_t mode), (path, mode), "to change", exists(AT_FDCWD, path), path)
ACT(int, chown, (const char *path, uid_t user, gid_t group), (path, user, group), "to change", exists(AT_FDCWD, path), path)
ACT(int, utimensat, (int folder, const char *path, const struct timespec times[2], int flags), (folder, path, times, flags), "to change", exists(folder, path), path)
ACT(int, chdir, (const char *path), (path), "to change the working directory", true, NULL)
ACT(int, fchmod, (int fd, mode_t mode), (fd, mode), "to change a file", true, NULL)
ACT(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), "to change a file", true, NULL)
ACT(int, lchown, (const char *path, uid_t user, gid_t group), (path, user, group), "to change", exists(AT_FDCWD, path), path)
ACT(int, futimens, (int fd, const struct timespec times[2]), (fd, times), "to change a file", true, NULL)
ACT(int, ftruncate64, (int fd, off64_t length), (fd, length), "to change a file", true, NULL)
ACT(int, kill, (pid_t pid, int signal), (pid, signal), "to send a signal", true, NULL)
ACT(int, tcsetattr, (int fd, int when, const struct termios *modes), (fd, when, modes), "to change a terminal", true, NULL)
ACT(int, setpriority, (__priority_which_t which, id_t who, int priority), (which, who, priority), "to change a priority", true, NULL)
ACT(int, setuid, (uid_t user), (user), "to become another user", true, NULL)
ACT(int, seteuid, (uid_t user), (user), "to become another user", true, NULL)
ACT(int, setgid, (gid_t group), (group), "to become another user", true, NULL)
ACT(int, setegid, (gid_t group), (group), "to become another user", true, NULL)
ACT(int, setgroups, (size_t count, const gid_t *groups), (count, groups), "to become another user", true, NULL)
ACT(int, initgroups, (const char *user, gid_t group), (user, group), "to become another user", true, NULL)
// To look at it is to set it, twice (process.umask()).
int close(int fd) {
  if (is_heeding() && is_going_on() && fd >= 0 && fd <= STDERR_FILENO) heed("to close a standard stream", AT_FDCWD, NULL);
  return NEXT(close)(fd);
}
ACT(mode_t, umask, (mode_t mask), (mask), "to set the mask of new files", is_going_on(), NULL)
ACT(int, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), "to listen", true, NULL)
ACT(char *, mkdtemp, (char *path), (path), "to make", true, path)
ACT(int, mkstemp64, (char *path), (path), "to write", true, path)
ACT(int, mkostemp64, (char *path, int flags), (path, flags), "to write", true, path)
ACT(int, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), "to connect", true, NULL)
ACT(int, getaddrinfo, (const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints, struct addrinfo **restrict found),
    (name, service, hints, found), "to look a host up", true, NULL)
ACT(pid_t, fork, (void), (), "to start a process", true, NULL)
ACT(int, posix_spawnp, (pid_t *restrict pid, const char *restrict file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *restrict attributes,
    char *const argv[restrict], char *const environment[restrict]), (pid, file, actions, attributes, argv, environment), "to start a process", true, NULL)
