#include "wire/surroundings.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/descriptors.h"

bool find_surroundings(struct surroundings *here) {
  struct stat info;
  if (!getcwd(here->directory, sizeof here->directory) || stat(".", &info) != 0) return false;
  here->device = info.st_dev;
  here->inode = info.st_ino;
  for (int fd = 0; fd <= 2; fd++) {
    here->kinds[fd] = descriptor_kind(fd);
    here->columns[fd] = here->rows[fd] = 0;
  }
  return true;
}

void find_terminal_sizes(struct surroundings *here) {
  for (int fd = 0; fd <= 2; fd++) {
    struct winsize size = {0};
    if (here->kinds[fd] == 't') ioctl(fd, TIOCGWINSZ, &size);
    here->columns[fd] = size.ws_col;
    here->rows[fd] = size.ws_row;
  }
}

// Appends the parts of `text` to the path that ends at `length`.
static size_t add_parts(char path[DIRECTORY_MAX], size_t length, const char *text) {
  while (*text) {
    const size_t part = strcspn(text, "/");
    if (part == 2 && strncmp(text, "..", 2) == 0) {
      while (length > 0 && path[--length] != '/') continue;
    } else if (part > 0 && !(part == 1 && *text == '.')) {
      if (length + part + 2 > DIRECTORY_MAX) return DIRECTORY_MAX;
      path[length++] = '/';
      memcpy(path + length, text, part);
      length += part;
    }
    text += part;
    text += *text == '/';
  }
  return length;
}

bool entry_path(const char *directory, const char *typed, char path[DIRECTORY_MAX]) {
  size_t length = typed[0] == '/' ? 0 : add_parts(path, 0, directory);
  length = length < DIRECTORY_MAX ? add_parts(path, length, typed) : length;
  if (length >= DIRECTORY_MAX) return false;
  path[length] = 0;
  return true;
}
