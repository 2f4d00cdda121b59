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
  struct surroundings *surroundings;
  bool has_inherited;  // descriptors beyond 0-2, which the run must have
  int64_t started_ns;  // when this process did, by CLOCK_MONOTONIC
};

// A zygote's yes. Both descriptors are close-on-exec and the caller's.
struct offer {
  int conversation;
  int image;  // to become the run from; -1: there is none yet, or it was not wanted
  bool may_fork;  // instead, if the client cannot become it
};

// Room for the word that says why a run will be plain ("absent", "stale: /a/b.js", ...).
enum { REASON_MAX = 512 };

// Which engine is to make the run, by INSTASTART_ENGINE: "thaw", "fork", or what is possible.
enum engine { ENGINE_ANY, ENGINE_THAW, ENGINE_FORK };
enum engine chosen_engine(void);

// True if a run is to be had, by the program's zygote for these arguments. False: `reason` tells why; nothing is left open.
bool ask_for_run(const struct runtime_dir *dir, const char *key, const struct run_request *request, struct offer *offer, char reason[REASON_MAX]);

// After the yes: passes this process's descriptors, and has the zygote fork. True: `*life_line` is our end of it, close-on-exec and the
// caller's; the run is killed when it closes.
bool order_run(int conversation, int *life_line);

#ifdef __cplusplus
}
#endif
