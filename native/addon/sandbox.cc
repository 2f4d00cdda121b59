#include "addon/sandbox.h"

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of the namespace that the machine began with (PROC_PID_INIT_INO in Linux' include/linux/proc_ns.h).
static constexpr ino_t FIRST_NAMESPACE = 0xEFFFFFFC;

static bool isInFirstNamespace() {
  struct stat info;
  return stat("/proc/self/ns/pid", &info) == 0 && info.st_ino == FIRST_NAMESPACE;
}

// /proc may be that of another namespace, and have other numbers.
static bool isProcOurs() {
  char target[32];
  const ssize_t length = readlink("/proc/self", target, sizeof target);
  return length > 0 && std::string(target, static_cast<size_t>(length)) == std::to_string(getpid());
}

// -1 if it cannot be told. Its name, which stands before, may hold anything, but no ')' comes after it (proc_pid_stat(5)).
static pid_t parentOf(pid_t pid) {
  char text[512];
  const UniqueFd fd(open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t length = fd.ok() ? read(fd.get(), text, sizeof text - 1) : -1;
  text[length > 0 ? length : 0] = 0;
  const char* const after = strrchr(text, ')');
  pid_t parent;
  return after && sscanf(after, ") %*c %d", &parent) == 1 ? parent : -1;
}

std::optional<UniqueFd> commandOfSandbox() {
  if (isInFirstNamespace()) return UniqueFd();
  if (getpid() == 1) return {};
  const pid_t parent = getppid();
  // A shell at a terminal may be the first process, too, and lead the session; of anything else this is the command.
  if (parent == 1 && (getsid(0) == 0 || !UniqueFd(open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)).ok())) return {};
  if (parent <= 1) return UniqueFd();
  if (!isProcOurs()) return {};
  pid_t command = parent, above;
  while ((above = parentOf(command)) > 1) command = above;
  // Put into the namespace from outside (`docker exec`): nobody in there waits for it.
  if (above == 0) return UniqueFd();
  UniqueFd fd(above == 1 ? static_cast<int>(syscall(SYS_pidfd_open, command, 0)) : -1);
  if (!fd.ok()) return {};
  return fd;
}

void CommandWatch::begin(int command, std::function<void()> leave) {
  orders_.reset(eventfd(0, EFD_CLOEXEC));
  if (!orders_.ok()) return;
  thread_ = std::thread([command, orders = orders_.get(), leave = std::move(leave)] {
    prctl(PR_SET_NAME, "instastart-wait");
    pollfd watched[] = {{command, POLLIN, 0}, {orders, POLLIN, 0}};
    while (poll(watched, 2, -1) < 0) continue;
    if (watched[0].revents) leave();
  });
}

void CommandWatch::end() {
  if (!thread_.joinable()) return;
  eventfd_write(orders_.get(), 1);
  thread_.join();
  orders_.reset();
}
