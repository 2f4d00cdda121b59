#include "addon/low_descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void takeLowDescriptors(int first) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 4 * LOW_DESCRIPTORS) return;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = first; nothing >= 0 && fd < LOW_DESCRIPTORS; fd++)
    if (fd != nothing) dup2(nothing, fd);
  if (nothing >= LOW_DESCRIPTORS) close(nothing);
  else if (nothing >= 0) fcntl(nothing, F_SETFD, 0);
}

LowDescriptors::LowDescriptors() : are_taken_(fcntl(LOW_DESCRIPTORS - 1, F_GETFD) >= 0 && fcntl(LOW_DESCRIPTORS, F_GETFD) >= 0) {}

int LowDescriptors::moveUp(int fd) const {
  if (!are_taken_ || fd < 0) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, LOW_DESCRIPTORS);
  if (moved < 0) return fd;
  dup3(LOW_DESCRIPTORS - 1, fd, O_CLOEXEC);
  return moved;
}

static void closeRange(int first, int last) {
  if (first <= last) syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0);
}

void LowDescriptors::release(int spared) const {
  if (!are_taken_) return;
  const int at = spared < 0 ? LOW_DESCRIPTORS : spared;
  closeRange(3, at - 1);
  closeRange(at + 1, LOW_DESCRIPTORS - 1);
}
