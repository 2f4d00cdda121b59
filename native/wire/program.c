#include "wire/program.h"

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/sha256.h"
#include "wire/variables.h"

extern char **environ;

// How the names begin that the C library, ICU and OpenSSL ask for without getenv(3) being called (or before we are there), and our own.
static const char *const boot_variables[] = {
    "LANG", "LC_", "TZ", "LOCPATH", "NLSPATH", "GCONV_PATH", "MALLOC_", "GLIBC_TUNABLES", "LD_", "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES",
    "SSL_CERT_", "OPENSSL_", "ICU_", "UV_", "NODE_", "INSTASTART_", "TMPDIR=", "XDG_RUNTIME_DIR=", NULL,
};

static bool is_read_at_boot(const char *assignment) {
  for (const char *const *start = boot_variables; *start; start++)
    if (strncmp(assignment, *start, strlen(*start)) == 0) return true;
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

static int compare_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bool add_boot_variables(struct sha256 *hash) {
  size_t total = 0, kept = 0;
  while (environ[total]) total++;
  const char **sorted = malloc((total + 1) * sizeof *sorted);
  if (!sorted) return false;
  for (size_t i = 0; i < total; i++)
    if (is_read_at_boot(environ[i]) && !is_session_noise(environ[i])) sorted[kept++] = environ[i];
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

static const char bare_register[] = "instastart/register";

static bool names_register(const char *specifier, const char *register_path) {
  if (strcmp(specifier, bare_register) == 0) return true;
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

// Common options that have Node look at no file and no terminal (node(1)).
static bool is_indifferent(const char *option) {
  static const char *const options[] = {"--max-old-space-size=",   "--max-semi-space-size=", "--max-http-header-size=", "--stack-trace-limit=",
                                        "--unhandled-rejections=", "--dns-result-order=",    "--enable-source-maps",   "--no-warnings",
                                        "--no-deprecation",        NULL};
  for (const char *const *each = options; *each; each++) {
    const size_t length = strlen(*each);
    if (strncmp(option, *each, length) == 0 && ((*each)[length - 1] == '=' || option[length] == 0)) return true;
  }
  return false;
}

// Whether Node itself may find something else in another directory, or in front of a terminal, before anybody hears it: a preload, an
// --env-file. `--import` of a bare name in NODE_OPTIONS is looked for from the directory as well.
static bool depends_on_surroundings(const struct program *program) {
  size_t taken;
  for (size_t i = 0; i < program->exec_argument_count; i += taken) {
    if (is_register_argument(program->exec_arguments + i, program->exec_argument_count - i, program->register_path, &taken)) continue;
    if (!is_indifferent(program->exec_arguments[i])) return true;
    taken = 1;
  }
  const char *options = getenv("NODE_OPTIONS"), *tsconfig = getenv("INSTASTART_TSCONFIG");
  if (tsconfig && tsconfig[0] != '/') return true;
  char words[4096], *rest;
  if (!options) return false;
  if (strlen(options) >= sizeof words) return true;
  strcpy(words, options);
  for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    if (is_indifferent(word)) continue;
    const char *const equals = strchr(word, '='), *const pair[] = {word, equals ? NULL : strtok_r(NULL, " ", &rest)};
    const char *const specifier = equals ? equals + 1 : pair[1];
    if (!specifier || strcmp(specifier, bare_register) == 0) return true;
    if (!is_register_argument(pair, 2, program->register_path, &taken)) return true;
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

  if (depends_on_surroundings(program)) {
    const struct surroundings *here = program->surroundings;
    add_text(&hash, here->directory);
    add_number(&hash, (int64_t)here->device);
    add_number(&hash, (int64_t)here->inode);
    sha256_update(&hash, here->kinds, sizeof here->kinds);
  }
  if (program->channel->fd >= 0) {
    add_text(&hash, program->channel->serialization);
    add_number(&hash, program->channel->fd);
  }
  if (!add_boot_variables(&hash)) return false;

  unsigned char digest[32];
  sha256_finish(&hash, digest);
  for (int i = 0; i < KEY_LENGTH / 2; i++) sprintf(key + 2 * i, "%02x", digest[i]);
  return true;
}
