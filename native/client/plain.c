#include "client/plain.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int exec_plain(const struct plain_command *command, const char *reason) {
  if (reason && *reason) {
    // Bound to this process: exec keeps the pid, and a child that inherits the variable has another.
    char note[640];
    snprintf(note, sizeof note, "%d:%s", (int)getpid(), reason);
    setenv("INSTASTART_PLAIN", note, 1);
  }
  if (command->argv) execv(command->node, command->argv);
  fprintf(stderr, "instastart: %s cannot be executed: %s.\n", command->node, strerror(errno));
  return 126;
}

static char **join(const char *const *leading, size_t leading_count, char **arguments) {
  size_t count = 0;
  while (arguments[count]) count++;
  char **argv = calloc(leading_count + count + 2, sizeof *argv);
  if (!argv) return NULL;
  argv[0] = (char *)"node";
  memcpy(argv + 1, leading, leading_count * sizeof *leading);
  memcpy(argv + 1 + leading_count, arguments, count * sizeof *arguments);
  return argv;
}

struct plain_command plain_command(const struct installation *installation, char **arguments, size_t option_count, int64_t started_ns) {
  const char *leading[] = {"--import", installation->register_url};
  return (struct plain_command){installation->node, join(leading, 2, arguments), option_count + 2, started_ns};
}

int run_command(const struct installation *installation, char **arguments) {
  const char *leading[] = {installation->commands};
  const struct plain_command command = {installation->node, join(leading, 1, arguments), 1, 0};
  return exec_plain(&command, NULL);
}
