// Handing over to Node by exec: the fallback of everything.
#pragma once
#include "client/installation.h"

// Executes `node --import <register> <arguments>`. `reason` is passed on, so that register neither asks again nor wonders; NULL or
// empty: it may ask. Returns an exit status only if the exec fails.
int run_plain(const struct installation *installation, char **arguments, const char *reason);

// Executes Node with an argv that already says everything (NULL-terminated, argv[0] first).
int exec_plain(const char *node, char **argv, const char *reason);

// Executes one of our commands, which are written in TypeScript: `node dist/cli.js <arguments>`.
int run_command(const struct installation *installation, char **arguments);
