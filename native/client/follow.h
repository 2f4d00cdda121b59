// Standing in for the run: what the caller does to this process reaches the run, and how the run ends is how this process ends.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct followed {
  const char *reason;  // why there was no run after all
};

// Does not return once a run has started: the process then ends as the run does. It returns only if no line of the program was
// executed and none will be. Takes over both descriptors. `asked_at` (now_ms) and `direct` are for INSTASTART_DEBUG's line.
struct followed follow(int socket, int life_line, int64_t asked_at, bool direct);
