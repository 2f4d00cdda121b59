#include "addon/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "addon/heard_files.h"
#include "wire/descriptors.h"

bool Channel::open(int number) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  const UniqueFd near(ends[0]);
  far_end_.reset(ends[1]);
  // Above those that a run frees.
  if (ends[1] < LOW_DESCRIPTORS || dup3(near.get(), number, O_CLOEXEC) < 0 || !heedChannel(number)) return false;
  number_ = number;
  return true;
}
