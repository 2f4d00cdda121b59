// The client's half of the conversation up to the yes: find the zygote, ask it for a run. Used by the client and, through the
// addon, by register, so that there is one client only.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/program.h"

#ifdef __cplusplus
extern "C" {
#endif

struct run_request {
  const char *const *arguments;   // the entry as typed, then the program's own
  size_t argument_count;
  const char *const *exec_arguments;  // process.execArgv of the run
  size_t exec_argument_count;
  bool go;  // fork right after ACCEPTED, without waiting for GO
};

struct asked {
  int socket;     // conversation with the zygote, close-on-exec; owned by the caller once the answer was yes
  int life_line;  // our end: the run is killed when it closes; likewise
};

// Room for the word that says why a run will be plain ("absent", "stale: /a/b.js", ...).
enum { REASON_MAX = 512 };

// True if a run is to be had. False: `reason` tells why; nothing is left open.
bool ask_for_run(const struct runtime_dir *dir, const char *key, const struct run_request *request, struct asked *asked, char reason[REASON_MAX]);

#ifdef __cplusplus
}
#endif
