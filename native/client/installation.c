#include "client/installation.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool find_in_path(const char *name, char found[4096]) {
  const char *path = getenv("PATH");
  // What execvp(3) and so the shell's users expect of an unset PATH.
  if (!path) path = "/bin:/usr/bin";
  while (true) {
    size_t length = strcspn(path, ":");
    int written = snprintf(found, 4096, "%.*s%s%s", (int)length, path, length > 0 ? "/" : "./", name);
    struct stat info;
    if (written > 0 && written < 4096 && stat(found, &info) == 0 && S_ISREG(info.st_mode) && access(found, X_OK) == 0) return true;
    if (path[length] == 0) return false;
    path += length + 1;
  }
}

static bool is_elf(const char *file) {
  char magic[4] = "";
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t length = read(fd, magic, sizeof magic);
  close(fd);
  return length == 4 && memcmp(magic, "\177ELF", 4) == 0;
}

// As url.pathToFileURL() writes it, for the characters that matter to a URL.
static void to_file_url(const char *path, char *url) {
  url = stpcpy(url, "file://");
  for (; *path; path++) {
    if (strchr("%\\\n\r\t#?\"<>^`{|} ", *path) || (unsigned char)*path >= 0x80) url += sprintf(url, "%%%02X", (unsigned char)*path);
    else *url++ = *path;
  }
  *url = 0;
}

bool installation_find(struct installation *installation) {
  char own[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  own[length > 0 ? length : 0] = 0;
  // Either dist/instastart or dist/native/client, which are one file.
  char *slash = strrchr(own, '/');
  if (slash) *slash = 0;
  size_t folder = strlen(own);
  if (folder > 7 && strcmp(own + folder - 7, "/native") == 0) own[folder - 7] = 0;
  snprintf(installation->register_path, sizeof installation->register_path, "%.4000s/register.js", own);
  snprintf(installation->commands, sizeof installation->commands, "%.4000s/cli.js", own);
  to_file_url(installation->register_path, installation->register_url);
  if (!find_in_path("node", installation->node)) return false;
  installation->node_is_shim = !is_elf(installation->node);
  return true;
}
