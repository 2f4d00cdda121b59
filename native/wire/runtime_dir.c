#include "wire/runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool runtime_dir_path(char path[RUNTIME_PATH_MAX]) {
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  int length;
  if (runtime && runtime[0] == '/') {
    length = snprintf(path, RUNTIME_PATH_MAX, "%s/instastart", runtime);
  } else {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || temporary[0] != '/') temporary = "/tmp";
    length = snprintf(path, RUNTIME_PATH_MAX, "%s/instastart-%u", temporary, (unsigned)geteuid());
  }
  return length > 0 && length < RUNTIME_PATH_MAX;
}

bool runtime_dir_open(struct runtime_dir *dir, bool create) {
  dir->fd = -1;
  if (!runtime_dir_path(dir->path)) {
    errno = ENAMETOOLONG;
    return false;
  }
  if (create && mkdir(dir->path, 0700) != 0 && errno != EEXIST) return false;
  int fd = open(dir->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat info;
  // Checked through the descriptor, so that what is used later is what was checked.
  if (fstat(fd, &info) != 0 || info.st_uid != geteuid() || (info.st_mode & 07777) != 0700) {
    close(fd);
    errno = EPERM;
    return false;
  }
  dir->fd = fd;
  return true;
}

// Addresses a socket through the directory's descriptor: no path is too long (sun_path has 108 bytes), none can be swapped.
static socklen_t address_of(const struct runtime_dir *dir, const char *name, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", dir->fd, name);
  return sizeof *address;
}

// The directory lets nobody else in; this is the second lock of the door.
static bool is_ours(int socket, struct ucred *peer) {
  socklen_t size = sizeof *peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, peer, &size) != 0) return false;
  if (peer->uid == geteuid()) return true;
  errno = EPERM;
  return false;
}

static int close_keeping_errno(int fd) {
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int runtime_dir_connect(const struct runtime_dir *dir, const char *name) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  struct sockaddr_un address;
  socklen_t length = address_of(dir, name, &address);
  struct ucred peer;
  if (connect(fd, (struct sockaddr *)&address, length) == 0 && is_ours(fd, &peer)) return fd;
  return close_keeping_errno(fd);
}

int runtime_dir_accept(int listener, struct ucred *peer) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0 || is_ours(fd, peer)) return fd;
  return close_keeping_errno(fd);
}

int runtime_dir_listen(const struct runtime_dir *dir, const char *name) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  char temporary[64];
  snprintf(temporary, sizeof temporary, "bind-%d", (int)getpid());
  struct sockaddr_un address;
  socklen_t length = address_of(dir, temporary, &address);
  unlinkat(dir->fd, temporary, 0);
  if (bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, SOMAXCONN) == 0 && renameat(dir->fd, temporary, dir->fd, name) == 0) return fd;
  int error = errno;
  unlinkat(dir->fd, temporary, 0);
  errno = error;
  return close_keeping_errno(fd);
}
