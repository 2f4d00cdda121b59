#include "wire/program.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "wire/sha256.h"

extern char **environ;

// Differ from one session or call to the next; no answer a program could base its modules on.
static const char *const session_noise[] = {
    "_",          "SHLVL",   "OLDPWD",         "WINDOWID", "TERM_SESSION_ID",  "TMUX_PANE",        "XDG_SESSION_ID",
    "SSH_CLIENT", "SSH_TTY", "SSH_CONNECTION", "GPG_TTY",  "INSTASTART_DEBUG", "INSTASTART_PLAIN", NULL,
};

static bool is_noise(const char *assignment) {
  for (const char *const *name = session_noise; *name; name++) {
    size_t length = strlen(*name);
    if (strncmp(assignment, *name, length) == 0 && assignment[length] == '=') return true;
  }
  return false;
}

static void add_text(struct sha256 *hash, const char *text) { sha256_update(hash, text, strlen(text) + 1); }

static void add_number(struct sha256 *hash, int64_t number) { sha256_update(hash, &number, sizeof number); }

static void add_identity(struct sha256 *hash, const struct stat *info) {
  add_number(hash, (int64_t)info->st_dev);
  add_number(hash, (int64_t)info->st_ino);
  add_number(hash, info->st_size);
  add_number(hash, info->st_mtim.tv_sec);
  add_number(hash, info->st_mtim.tv_nsec);
}

char descriptor_kind(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return 'c';
  if (S_ISCHR(info.st_mode)) return isatty(fd) ? 't' : 'c';
  if (S_ISFIFO(info.st_mode)) return 'p';
  if (S_ISSOCK(info.st_mode)) return 's';
  return 'f';
}

static bool is_half_of_a_pipe(const struct stat *pipe, const struct stat *all, size_t count) {
  size_t ends = 0;
  for (size_t i = 0; i < count; i++) ends += all[i].st_ino == pipe->st_ino && all[i].st_dev == pipe->st_dev;
  return ends < 2;
}

bool has_inherited_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  if (!folder) return true;
  struct stat found[512];
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    int fd = atoi(entry->d_name);
    if (fd <= 2 || fd == dirfd(folder)) continue;
    if (count < sizeof found / sizeof *found && fstat(fd, &found[count]) == 0) count++;
  }
  closedir(folder);
  for (size_t i = 0; i < count; i++) {
    mode_t kind = found[i].st_mode & S_IFMT;
    if (kind == S_IFREG || kind == S_IFDIR || kind == S_IFSOCK) return true;
    if (kind == S_IFCHR && major(found[i].st_rdev) != 1) return true;  // 1: /dev/null, /dev/urandom, ...
    if (kind == S_IFIFO && is_half_of_a_pipe(&found[i], found, count)) return true;
  }
  return false;
}

static int compare_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bool add_environment(struct sha256 *hash) {
  size_t total = 0, kept = 0;
  while (environ[total]) total++;
  const char **sorted = malloc((total + 1) * sizeof *sorted);
  if (!sorted) return false;
  for (size_t i = 0; i < total; i++)
    if (!is_noise(environ[i])) sorted[kept++] = environ[i];
  qsort(sorted, kept, sizeof *sorted, compare_text);
  for (size_t i = 0; i < kept; i++) add_text(hash, sorted[i]);
  free(sorted);
  return true;
}

static bool add_credentials(struct sha256 *hash) {
  add_number(hash, getuid());
  add_number(hash, geteuid());
  add_number(hash, getgid());
  add_number(hash, getegid());
  gid_t groups[256];
  int count = getgroups(256, groups);
  if (count < 0) return false;
  for (int i = 0; i < count; i++) add_number(hash, groups[i]);
  return true;
}

static bool names_register(const char *specifier, const char *register_path) {
  if (strcmp(specifier, "instastart/register") == 0) return true;
  if (strncmp(specifier, "file://", 7) == 0) specifier += 7;
  return strcmp(specifier, register_path) == 0;
}

bool is_register_argument(const char *const *arguments, size_t available, const char *register_path, size_t *count) {
  static const char *const options[] = {"--import", "--require", "-r", NULL};
  for (const char *const *option = options; *option; option++) {
    size_t length = strlen(*option);
    if (strncmp(arguments[0], *option, length) != 0) continue;
    *count = arguments[0][length] == '=' ? 1 : 2;
    if (arguments[0][length] == '=') return names_register(arguments[0] + length + 1, register_path);
    if (arguments[0][length] == 0) return available > 1 && names_register(arguments[1], register_path);
  }
  return false;
}

bool program_key(const struct program *program, char key[KEY_LENGTH + 1]) {
  struct sha256 hash;
  sha256_init(&hash);
  add_text(&hash, INSTASTART_VERSION " " INSTASTART_BUILD);
  if (!add_credentials(&hash)) return false;

  char path[4096];
  struct stat info;
  if (stat(program->node, &info) != 0 || !realpath(program->node, path)) return false;
  add_text(&hash, path);
  add_identity(&hash, &info);
  add_text(&hash, program->argv0);

  if (stat(program->entry, &info) != 0 || !realpath(program->entry, path)) return false;
  if (!S_ISREG(info.st_mode)) {
    errno = EINVAL;
    return false;
  }
  add_text(&hash, path);

  // Node loads a CommonJS entry in another way where there is an --import.
  add_number(&hash, program->register_path[0] != 0);
  size_t taken;
  for (size_t i = 0; i < program->exec_argument_count; i += taken) {
    if (is_register_argument(program->exec_arguments + i, program->exec_argument_count - i, program->register_path, &taken)) continue;
    taken = 1;
    add_text(&hash, program->exec_arguments[i]);
  }
  add_text(&hash, "");

  if (!getcwd(path, sizeof path) || stat(".", &info) != 0) return false;
  add_text(&hash, path);
  add_number(&hash, (int64_t)info.st_dev);
  add_number(&hash, (int64_t)info.st_ino);
  for (int fd = 0; fd <= 2; fd++) add_number(&hash, descriptor_kind(fd));
  if (!add_environment(&hash)) return false;

  unsigned char digest[32];
  sha256_finish(&hash, digest);
  for (int i = 0; i < KEY_LENGTH / 2; i++) sprintf(key + 2 * i, "%02x", digest[i]);
  return true;
}
