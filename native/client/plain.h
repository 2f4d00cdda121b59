// Handing over to Node by exec: the fallback of everything.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "client/installation.h"

// The plain run.
struct plain_command {
  const char *node;     // what is executed
  char **argv;          // NULL-terminated; argv[0] first
  size_t option_count;  // how many after argv[0] are Node's options
  int64_t started_ns;   // when this process did, by CLOCK_MONOTONIC
};

// `node --import <register> <arguments>`, of which the first `option_count` are options. Lasts as long as the process.
struct plain_command plain_command(const struct installation *installation, char **arguments, size_t option_count, int64_t started_ns);

// Executes it. `reason` is passed on, so that register neither asks again nor wonders; NULL or empty: it may ask. Returns an exit status
// only if the exec fails.
int exec_plain(const struct plain_command *command, const char *reason);

// Executes one of our commands, which are written in TypeScript: `node dist/cli.js <arguments>`.
int run_command(const struct installation *installation, char **arguments);
