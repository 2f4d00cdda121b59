// This process becomes the run, from the zygote's image of one.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "client/plain.h"
#include "wire/ask.h"

// Does not return if it succeeds, nor once there is no way back: should something fail then, `plain` is executed. Else `reason` tells why not; the
// offer stands then, if under other descriptors, and nothing else has changed. `asked_at` (now_ms) and `direct` are for INSTASTART_DEBUG's line.
void thaw(struct offer *offer, const struct plain_command *plain, int64_t asked_at, bool direct, char reason[REASON_MAX]);
