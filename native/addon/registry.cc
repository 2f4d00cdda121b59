#include "addon/registry.h"

#include <climits>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "addon/json_text.h"
#include "addon/unique_fd.h"
#include "wire/variant.h"

enum { MOST_HISTORY = 16 * 1024 };

// Only one of several at a time, and nobody waits for it.
static void dropOlderHalf(int file, off_t size) {
  if (flock(file, LOCK_EX | LOCK_NB) != 0) return;
  std::string kept(MOST_HISTORY / 2, 0);
  const ssize_t got = pread(file, kept.data(), kept.size(), size - MOST_HISTORY / 2);
  kept.resize(got > 0 ? static_cast<size_t>(got) : 0);
  // Whole lines.
  kept.erase(0, kept.find('\n') + 1);
  if (ftruncate(file, 0) != 0 || write(file, kept.data(), kept.size()) < 0) return;
}

static int64_t realtimeMs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void appendRun(const runtime_dir& dir, const std::string& key, const std::string& reason, const std::string& entry) {
  char path[PATH_MAX];
  // Not there: Node is about to say so.
  if (!realpath(entry.c_str(), path)) return;
  const std::string name = key.substr(0, PROGRAM_LENGTH) + ".runs";
  const UniqueFd file(openat(dir.fd, name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info;
  if (!file.ok() || fstat(file.get(), &info) != 0) return;
  if (info.st_size > MOST_HISTORY) dropOlderHalf(file.get(), info.st_size);
  const std::string line = "{\"at\":" + std::to_string(realtimeMs()) + ",\"reason\":" + jsonText(reason) + ",\"entry\":" + jsonText(path) + "}\n";
  // One write: lines of runs that end at the same time stay whole (O_APPEND).
  [[maybe_unused]] const ssize_t written = write(file.get(), line.data(), line.size());
}

bool isClaimed(const runtime_dir& dir, const std::string& key) {
  const UniqueFd manifest(openat(dir.fd, (key + ".json").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return manifest.ok() && flock(manifest.get(), LOCK_SH | LOCK_NB) != 0;
}

std::optional<int64_t> removeLeftovers(const runtime_dir& dir, const std::string& key) {
  const UniqueFd manifest(openat(dir.fd, (key + ".json").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  // Held while the files go, so that they are nobody's.
  if (manifest.ok() && flock(manifest.get(), LOCK_EX | LOCK_NB) != 0) return {};
  int64_t bytes = 0;
  for (const char* ending : {"", ".warming", ".base", ".log", ".json"}) {
    struct stat info;
    const std::string name = key + ending;
    if (fstatat(dir.fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && unlinkat(dir.fd, name.c_str(), 0) == 0) bytes += info.st_size;
  }
  return bytes;
}
