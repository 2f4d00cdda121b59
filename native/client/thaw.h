// This process becomes the run, from the zygote's image of one.
#pragma once
#include "client/plain.h"
#include "wire/ask.h"

// `plain` is executed where there is no way back and something fails. Does not return if it succeeds. `reason` tells why not; the offer stands then, if under other descriptors, and nothing else has changed.
void thaw(struct offer *offer, const struct plain_command *plain, char reason[REASON_MAX]);
