// Standing in for the run: what the caller does to this process reaches the run, and how the run ends is how this process ends.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// To be called after the zygote's yes. Does not return once a run has started: the process then ends as the run does. It returns only if
// no line of the program was executed and none will be. Takes over the descriptor. `asked_at` (now_ms) and `direct` are for
// INSTASTART_DEBUG's line.
void follow(int conversation, int64_t asked_at, bool direct);
