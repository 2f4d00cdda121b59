#include "addon/manifest.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "wire/frame.h"

static bool isAt(const runtime_dir& dir, const std::string& name, int file) {
  struct stat opened, present;
  return fstat(file, &opened) == 0 && fstatat(dir.fd, name.c_str(), &present, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_ino == present.st_ino;
}

UniqueFd claimManifest(const runtime_dir& dir, const std::string& key) {
  const std::string name = key + ".json";
  UniqueFd manifest(openat(dir.fd, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!manifest.ok()) return manifest;
  int problem = flock(manifest.get(), LOCK_EX | LOCK_NB) != 0 ? errno : 0;
  // Removed since it was opened (`instastart clean`, a zygote that moves to another key): nobody would find what it is the claim of.
  if (!problem && !isAt(dir, name, manifest.get())) problem = EWOULDBLOCK;
  if (!problem) return manifest;
  manifest.reset();
  errno = problem;
  return manifest;
}

bool writeManifest(int manifest, const std::string& text) {
  return ftruncate(manifest, 0) == 0 && pwrite(manifest, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

UniqueFd announceZygote(const runtime_dir& dir, const std::string& key, int manifest, int64_t takes_ms, const std::string& planned) {
  const std::string times = R"({"since":)" + std::to_string(now_ms()) + R"(,"expected":)" + std::to_string(takes_ms);
  if (!writeManifest(manifest, times + R"(,"state":"warming",)" + planned)) return {};
  return UniqueFd(runtime_dir_listen(&dir, (key + ".warming").c_str()));
}
