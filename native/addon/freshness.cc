#include "addon/freshness.h"

#include <sys/stat.h>

static int64_t nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Freshness::File Freshness::look(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return {path, false, 0, 0, 0, 0, 0};
  return {path, true, info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

void Freshness::record(const std::string& path) {
  if (known_.insert(path).second) files_.push_back(look(path));
}

std::string Freshness::firstStale() const {
  for (const File& file : files_) {
    const File now = look(file.path);
    if (now.present != file.present || now.device != file.device || now.inode != file.inode || now.size != file.size ||
        now.modified_ns != file.modified_ns || now.changed_ns != file.changed_ns)
      return file.path;
  }
  return {};
}

std::string Freshness::firstChangedSince(int64_t since_ns) const {
  for (const File& file : files_)
    if (file.present && file.changed_ns >= since_ns) return file.path;
  return {};
}
