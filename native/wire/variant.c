#include "wire/variant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/sha256.h"
#include "wire/variables.h"

void asked_name(const char *key, char name[PROGRAM_LENGTH + 8]) { snprintf(name, PROGRAM_LENGTH + 8, "%.*s.asked", PROGRAM_LENGTH, key); }

int argument_position(const char *text, const char *const *arguments, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(arguments[i], text) == 0) return (int)i + 2;
  return -1;
}

static bool asks(const char *asked, size_t length, char kind) {
  for (size_t at = 0; at < length; at += strlen(asked + at) + 1)
    if (asked[at] == kind) return true;
  return false;
}

static void add_text(struct sha256 *hash, const char *text) { sha256_update(hash, text, strlen(text) + 1); }

static void add_arguments(struct sha256 *hash, const char *asked, size_t length, const struct asked_process *process) {
  if (asks(asked, length, '*')) {
    for (size_t i = 0; i < process->argument_count; i++) add_text(hash, process->arguments[i]);
    return;
  }
  for (size_t at = 0; at < length; at += strlen(asked + at) + 1) {
    if (asked[at] != '=') continue;
    const int32_t position = argument_position(asked + at + 1, process->arguments, process->argument_count);
    add_text(hash, asked + at);
    sha256_update(hash, &position, sizeof position);
  }
}

static int compare_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

// Sorted; `names_only`: up to the first '='.
static void add_all_variables(struct sha256 *hash, const char *const *environment, bool names_only) {
  size_t count = 0, kept = 0;
  while (environment[count]) count++;
  const char **sorted = malloc((count + 1) * sizeof *sorted);
  if (!sorted) return;
  for (size_t i = 0; i < count; i++)
    if (!is_session_noise(environment[i])) sorted[kept++] = environment[i];
  qsort(sorted, kept, sizeof *sorted, compare_text);
  for (size_t i = 0; i < kept; i++) {
    sha256_update(hash, sorted[i], names_only ? strcspn(sorted[i], "=") : strlen(sorted[i]));
    sha256_update(hash, "", 1);
  }
  free(sorted);
}

static void add_environment(struct sha256 *hash, const char *asked, size_t length, const struct asked_process *process) {
  if (asks(asked, length, '&')) return add_all_variables(hash, process->environment, false);
  if (asks(asked, length, '#')) add_all_variables(hash, process->environment, true);
  for (size_t at = 0; at < length; at += strlen(asked + at) + 1) {
    if (asked[at] != '$') continue;
    const char *value = variable_of(asked + at + 1, process->environment);
    add_text(hash, asked + at);
    add_text(hash, value ? "is" : "absent");
    if (value) add_text(hash, value);
  }
}

static void add_surroundings(struct sha256 *hash, const char *asked, size_t length, const struct asked_process *process) {
  const struct surroundings *here = process->surroundings;
  char path[DIRECTORY_MAX] = "";
  for (size_t at = 0; at < length; at += strlen(asked + at) + 1) {
    const int fd = asked[at] == '<' || asked[at] == '@' ? asked[at + 1] - '0' : 0;
    if (fd < 0 || fd > 2 || !strchr("./<@", asked[at])) continue;
    add_text(hash, asked + at);
    switch (asked[at]) {
      case '.':
        add_text(hash, here->directory);
        sha256_update(hash, &here->device, sizeof here->device);
        sha256_update(hash, &here->inode, sizeof here->inode);
        break;
      case '/':
        entry_path(here->directory, process->entry, path);
        add_text(hash, path);
        break;
      case '<':
        sha256_update(hash, &here->kinds[fd], 1);
        break;
      case '@':
        sha256_update(hash, &here->columns[fd], sizeof here->columns[fd]);
        sha256_update(hash, &here->rows[fd], sizeof here->rows[fd]);
        break;
    }
  }
}

void apply_answers(const char *asked, size_t length, const struct asked_process *process, char key[KEY_LENGTH + 1]) {
  struct sha256 hash;
  sha256_init(&hash);
  add_arguments(&hash, asked, length, process);
  add_text(&hash, "");
  add_environment(&hash, asked, length, process);
  add_text(&hash, "");
  add_surroundings(&hash, asked, length, process);
  unsigned char digest[32];
  sha256_finish(&hash, digest);
  for (int i = 0; i < (KEY_LENGTH - PROGRAM_LENGTH) / 2; i++) sprintf(key + PROGRAM_LENGTH + 2 * i, "%02x", digest[i]);
}

enum asked_arguments choose_variant(const struct runtime_dir *dir, const struct asked_process *process, char key[KEY_LENGTH + 1]) {
  char name[PROGRAM_LENGTH + 8];
  asked_name(key, name);
  const int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return ARGUMENTS_UNASKED;
  char *asked = malloc(MAX_ASKED);
  const ssize_t got = asked ? read(fd, asked, MAX_ASKED) : -1;
  close(fd);
  size_t length = got > 0 ? (size_t)got : 0;
  // Half a text at the end is one that is being added.
  while (length > 0 && asked[length - 1] != 0) length--;
  if (asks(asked, length, '@')) find_terminal_sizes(process->surroundings);
  if (length > 0) apply_answers(asked, length, process, key);
  const enum asked_arguments arguments = asks(asked, length, '*') ? ARGUMENTS_READ : asks(asked, length, '=') ? ARGUMENTS_SEARCHED : ARGUMENTS_UNASKED;
  free(asked);
  return arguments;
}
