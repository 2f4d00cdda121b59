#include "addon/attributes.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "addon/unique_fd.h"

namespace {

class Attributes {
 public:
  explicit Attributes(pid_t pid) : pid_(pid), folder_("/proc/" + std::to_string(pid) + "/") {}

  void add(long long value) { text_ += std::to_string(value) + "\n"; }

  // namespaces(7)
  bool addNamespaces() {
    for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
      char target[64];
      const ssize_t length = readlink((folder_ + "ns/" + name).c_str(), target, sizeof target);
      // Linux before 5.6 has none of time.
      if (length < 0 && errno != ENOENT) return false;
      text_.append(target, length < 0 ? 0 : static_cast<size_t>(length)) += '\n';
    }
    struct stat root;
    if (stat((folder_ + "root/").c_str(), &root) != 0) return false;
    add(static_cast<long long>(root.st_dev));
    add(static_cast<long long>(root.st_ino));
    return true;
  }

  // Of a text file, what follows the names given; all of it if none are.
  bool addFile(const char* name, std::initializer_list<const char*> lines = {}) {
    char contents[8192];
    const UniqueFd fd(open((folder_ + name).c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t length = fd.ok() ? read(fd.get(), contents, sizeof contents - 1) : -1;
    if (length < 0) return false;
    contents[length] = 0;
    if (lines.size() == 0) text_ += contents;
    for (const char* line : lines) {
      const char* const at = strstr(contents, line);
      if (at) text_.append(at, strcspn(at, "\n")) += '\n';
    }
    return true;
  }

  bool addLimits() {
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
      struct rlimit limit;
      if (prlimit(pid_, static_cast<__rlimit_resource>(resource), nullptr, &limit) != 0) return false;
      // Node raises its own as it starts.
      if (resource != RLIMIT_NOFILE) add(static_cast<long long>(limit.rlim_cur));
      add(static_cast<long long>(limit.rlim_max));
    }
    return true;
  }

  bool addPriorities() {
    enum { IOPRIO_WHO_PROCESS = 1 };
    sched_param parameters{};
    const int policy = sched_getscheduler(pid_);
    if (policy < 0 || sched_getparam(pid_, &parameters) != 0) return false;
    add(policy);
    add(parameters.sched_priority);
    add(getpriority(PRIO_PROCESS, static_cast<id_t>(pid_)));
    add(syscall(SYS_ioprio_get, int{IOPRIO_WHO_PROCESS}, pid_));
    return true;
  }

  std::string text() { return std::move(text_); }

 private:
  const pid_t pid_;
  const std::string folder_;
  std::string text_;
};

}  // namespace

std::optional<std::string> attributesOf(pid_t pid) {
  if (pid <= 0) return {};
  Attributes attributes(pid);
  if (!attributes.addNamespaces() || !attributes.addLimits() || !attributes.addPriorities()) return {};
  // Without a security module there is no label to read.
  attributes.addFile("attr/current");
  if (!attributes.addFile("cgroup") || !attributes.addFile("oom_score_adj")) return {};
  if (!attributes.addFile("status", {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:", "Cpus_allowed:", "Mems_allowed:"})) return {};
  return attributes.text();
}
