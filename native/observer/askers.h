// Who asks: told to somebody who can look at the stack of JavaScript (platform/askers.h).
#pragma once
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Called by the thread that asks, in the middle of it. `question`: as in wire/variant.h. False: it could not be found out, and the next who asks may tell.
typedef bool note_asker(const char *question);

void instastart_attribute(note_asker *to);

// Unless it `is_known`.
__attribute__((visibility("hidden"))) void tell_asker(const char *question, bool *is_known);

#ifdef __cplusplus
}
#endif
