#include "wire/descriptors.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char descriptor_kind(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return 'c';
  if (S_ISCHR(info.st_mode)) return isatty(fd) ? 't' : 'c';
  if (S_ISFIFO(info.st_mode)) return 'p';
  if (S_ISSOCK(info.st_mode)) return 's';
  return 'f';
}

struct descriptor {
  int number;
  struct stat info;
};

static bool is_half_of_a_pipe(const struct stat *pipe, const struct descriptor *all, int count) {
  int ends = 0;
  for (int i = 0; i < count; i++) ends += all[i].info.st_ino == pipe->st_ino && all[i].info.st_dev == pipe->st_dev;
  return ends < 2;
}

// The lowest of those that are nothing in a file system (an epoll instance, the first that libuv opens), and so not inherited.
static int first_own(const struct descriptor *all, int count) {
  int first = INT_MAX;
  for (int i = 0; i < count; i++)
    if ((all[i].info.st_mode & S_IFMT) == 0 && all[i].number < first) first = all[i].number;
  return first;
}

static bool is_inherited(const struct descriptor *descriptor, const struct descriptor *all, int count) {
  const struct stat *info = &descriptor->info;
  switch (info->st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFSOCK:
    case S_IFCHR:
    case S_IFBLK:
      return true;
    case S_IFIFO:
      // Of a pipe within this process, as libuv has them, there are both ends; but a jobserver's are both inherited, too.
      return is_half_of_a_pipe(info, all, count) || descriptor->number < first_own(all, count);
    default:
      return false;
  }
}

int find_inherited_descriptors(int found[MOST_INHERITED]) {
  DIR *folder = opendir("/proc/self/fd");
  if (!folder) return -1;
  struct descriptor all[MOST_INHERITED];
  int count = 0;
  bool is_whole = true;
  for (struct dirent *entry; (entry = readdir(folder));) {
    const int fd = atoi(entry->d_name);
    if (fd <= 2 || fd == dirfd(folder)) continue;
    is_whole = count < MOST_INHERITED;
    if (!is_whole) break;
    all[count].number = fd;
    if (fstat(fd, &all[count].info) == 0) count++;
  }
  closedir(folder);
  int inherited = 0;
  for (int i = 0; i < count; i++)
    if (is_inherited(&all[i], all, count)) found[inherited++] = all[i].number;
  return is_whole ? inherited : -1;
}
