// Preloaded into a zygote: hears whether modules ask for the working directory, and what descriptors 0-2 are. A path that does not begin at the
// root is such a question, too (files.c).
#include "observer/surroundings.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "observer/askers.h"
#include "observer/next.h"
#include "observer/own_work.h"
#include "observer/readings.h"

static atomic_bool is_listening;
static struct heard_surroundings heard;

static bool is_heard(void) { return atomic_load_explicit(&is_listening, memory_order_relaxed) && !is_own_work; }

void note_directory(void) {
  static bool is_attributed;
  if (!is_heard()) return;
  heed_question("the working directory");
  if (!is_heard()) return;
  heard.directory = true;
  tell_asker(".", &is_attributed);
}

void note_descriptor(int fd) {
  static bool is_attributed[3];
  static const char *const questions[] = {"<0", "<1", "<2"};
  heed_descriptor(fd);
  if (fd < 0 || fd > 2 || !is_heard()) return;
  heed_question("a standard stream");
  if (!is_heard()) return;
  heard.descriptors[fd] = true;
  tell_asker(questions[fd], &is_attributed[fd]);
}

void instastart_hear_surroundings(void) { atomic_store(&is_listening, true); }

struct heard_surroundings instastart_stop_hearing_surroundings(void) {
  atomic_store(&is_listening, false);
  return heard;
}

char *getcwd(char *path, size_t size) {
  note_directory();
  return NEXT(getcwd)(path, size);
}

char *get_current_dir_name(void) {
  note_directory();
  return NEXT(get_current_dir_name)();
}

#define ABOUT(name, parameters, arguments, fd) \
  int name parameters { \
    note_descriptor(fd); \
    return NEXT(name) arguments; \
  }
ABOUT(isatty, (int fd), (fd), fd)
ABOUT(tcgetattr, (int fd, struct termios *modes), (fd, modes), fd)
ABOUT(ttyname_r, (int fd, char *name, size_t size), (fd, name, size), fd)
ABOUT(fstat, (int fd, struct stat *info), (fd, info), fd)
ABOUT(fstat64, (int fd, struct stat64 *info), (fd, info), fd)
ABOUT(getsockname, (int fd, struct sockaddr *restrict address, socklen_t *restrict size), (fd, address, size), fd)
ABOUT(getpeername, (int fd, struct sockaddr *restrict address, socklen_t *restrict size), (fd, address, size), fd)
ABOUT(getsockopt, (int fd, int level, int option, void *restrict value, socklen_t *restrict size), (fd, level, option, value, size), fd)
// Of the C library before 2.33 (sys/stat.h).
int __fxstat(int version, int fd, struct stat *info);
int __fxstat64(int version, int fd, struct stat64 *info);
ABOUT(__fxstat, (int version, int fd, struct stat *info), (version, fd, info), fd)
ABOUT(__fxstat64, (int version, int fd, struct stat64 *info), (version, fd, info), fd)

int ioctl(int fd, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void *const argument = va_arg(more, void *);
  va_end(more);
  note_descriptor(fd);
  return NEXT(ioctl)(fd, request, argument);
}
