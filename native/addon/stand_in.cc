#include "addon/stand_in.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "wire/descriptors.h"

StandInPlan planStandIns() {
  StandInPlan plan{};
  for (int fd = 0; fd <= 2; fd++) {
    plan.kinds[fd] = descriptor_kind(fd);
    if (plan.kinds[fd] != 't') continue;
    ioctl(fd, TIOCGWINSZ, &plan.size);
    tcgetattr(fd, &plan.modes);
  }
  return plan;
}

// A pseudo terminal of the size and modes of the real one. Non-blocking, for nobody reads what is written to it.
static bool openTerminal(const StandInPlan& plan, int* near, int* far) {
  *far = posix_openpt(O_RDWR | O_NOCTTY);
  char name[64];
  if (*far < 0 || grantpt(*far) != 0 || unlockpt(*far) != 0 || ptsname_r(*far, name, sizeof name) != 0) return false;
  *near = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (*near < 0) return false;
  return ioctl(*near, TIOCSWINSZ, &plan.size) == 0 && tcsetattr(*near, TCSANOW, &plan.modes) == 0;
}

static bool openStandIn(int fd, const StandInPlan& plan, int* near, int* far) {
  int ends[2];
  *far = -1;
  switch (plan.kinds[fd]) {
    case 't':
      return openTerminal(plan, near, far);
    case 'p':
      if (pipe2(ends, O_NONBLOCK) != 0) return false;
      *near = fd == 0 ? ends[0] : ends[1];
      *far = fd == 0 ? ends[1] : ends[0];
      return true;
    case 's':
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return false;
      *near = ends[0];
      *far = ends[1];
      return true;
    case 'f':
      *near = memfd_create("instastart", 0);
      if (*near >= 0 && fd != 0) *far = dup(*near);
      return *near >= 0;
    default:
      *near = open("/dev/null", O_RDWR);
      return *near >= 0;
  }
}

bool installStandIns(const StandInPlan& plan, int far_ends[STAND_IN_COUNT]) {
  // A closed 0-2 would let the first new descriptor land there.
  int filler;
  do filler = open("/dev/null", O_RDWR);
  while (filler >= 0 && filler <= 2);
  if (filler > 2) close(filler);

  for (int fd = 0; fd <= 2; fd++) {
    int near;
    if (!openStandIn(fd, plan, &near, &far_ends[fd])) return false;
    if (dup2(near, fd) < 0) return false;
    close(near);
  }
  return true;
}

bool standInsWereWritten(const int far_ends[STAND_IN_COUNT]) {
  for (int fd = 0; fd < STAND_IN_COUNT; fd++) {
    if (far_ends[fd] < 0) continue;
    struct stat info;
    int waiting = 0;
    if (fstat(far_ends[fd], &info) == 0 && S_ISREG(info.st_mode) ? info.st_size > 0 : ioctl(far_ends[fd], FIONREAD, &waiting) == 0 && waiting > 0) return true;
  }
  return false;
}

std::string writtenToStandIn(int far_end, size_t most) {
  std::string text;
  char part[4096];
  struct stat info;
  const bool is_file = fstat(far_end, &info) == 0 && S_ISREG(info.st_mode);
  while (text.size() < most) {
    int waiting = 0;
    // Reading a terminal's far end would wait for more.
    if (!is_file && (ioctl(far_end, FIONREAD, &waiting) != 0 || waiting <= 0)) break;
    const size_t wanted = std::min(sizeof part, most - text.size());
    // The descriptor shares its position with the one that was written to.
    const ssize_t got = is_file ? pread(far_end, part, wanted, static_cast<off_t>(text.size())) : read(far_end, part, wanted);
    if (got <= 0) break;
    text.append(part, static_cast<size_t>(got));
  }
  return text;
}
