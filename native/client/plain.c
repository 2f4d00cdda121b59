#include "client/plain.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int exec_plain(const char *node, char **argv, const char *reason) {
  if (reason && *reason) {
    // Bound to this process: exec keeps the pid, and a child that inherits the variable has another.
    char note[640];
    snprintf(note, sizeof note, "%d:%s", (int)getpid(), reason);
    setenv("INSTASTART_PLAIN", note, 1);
  }
  execv(node, argv);
  fprintf(stderr, "instastart: %s cannot be executed: %s.\n", node, strerror(errno));
  return 126;
}

static int exec_node(const struct installation *installation, const char *const *leading, size_t leading_count, char **arguments, const char *reason) {
  size_t count = 0;
  while (arguments[count]) count++;
  char **argv = calloc(leading_count + count + 2, sizeof *argv);
  if (!argv) {
    fprintf(stderr, "instastart: out of memory.\n");
    return 126;
  }
  argv[0] = (char *)"node";
  memcpy(argv + 1, leading, leading_count * sizeof *leading);
  memcpy(argv + 1 + leading_count, arguments, count * sizeof *arguments);
  return exec_plain(installation->node, argv, reason);
}

int run_plain(const struct installation *installation, char **arguments, const char *reason) {
  const char *leading[] = {"--import", installation->register_url};
  return exec_node(installation, leading, 2, arguments, reason);
}

int run_command(const struct installation *installation, char **arguments) {
  const char *leading[] = {installation->commands};
  return exec_node(installation, leading, 1, arguments, NULL);
}
