#include "addon/abilities.h"

#include <cstdint>
#include <linux/prctl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "addon/unique_fd.h"

// include/uapi/linux/pidfd.h of Linux 6.15.
struct pidfd_info {
  uint64_t mask, cgroupid;
  uint32_t ids[14];
  int32_t exit_code;
  uint32_t padding[3];
};
#define GET_INFO _IOWR(0xFF, 11, struct pidfd_info)

std::vector<Ability> kernelAbilities() {
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  pidfd_info info{};
  unsigned size = 0;
  const UniqueFd watches(inotify_init1(IN_CLOEXEC));
  const UniqueFd memory(memfd_create("instastart doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  return {
      {"pidfd", pidfd.ok()},
      {"pidfd-info", pidfd.ok() && ioctl(pidfd.get(), GET_INFO, &info) == 0},
      {"mm-map", prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0},
      {"inotify", watches.ok()},
      {"memfd", memory.ok()},
      {"smaps", access("/proc/self/smaps", R_OK) == 0 && access("/proc/self/pagemap", R_OK) == 0},
  };
}
