#include "addon/warming_slot.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>

enum { WARMING_AT_ONCE = 2 };

bool takeWarmingSlot(const runtime_dir& dir, UniqueFd* slot) {
  for (int i = 0; i < WARMING_AT_ONCE; i++) {
    UniqueFd file(openat(dir.fd, ("slot-" + std::to_string(i)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.ok()) return true;
    if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      *slot = std::move(file);
      return true;
    }
    if (errno != EWOULDBLOCK) return true;
  }
  return false;
}
