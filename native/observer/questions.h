// What the observer tells the addon, which finds it by its name (dlsym(3)): it is there only where it was preloaded.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// How a variable was asked for: by who had just asked for the one before it, after asking for all names; or because it is this one.
enum heard_way { HEARD_AMONG_ALL = '&', HEARD_BY_NAME = '$' };

struct heard_questions {
  const char *names;  // of variables, each behind the way it was asked for, with its NUL and once a way; lasts as long as the process
  size_t length;
  bool is_enumerated;  // the set of all names was asked for
  bool is_overflown;   // more was asked than is remembered
};

enum asked_for { ASKED_FOR_PRESENCE, ASKED_FOR_VALUE, ASKED_FOR_COUNT };

// What the next getenv("INSTASTART_LEARNING") is for; twice for each. Until then everything is taken for a question of values.
void instastart_learn(enum asked_for what);

struct heard_questions instastart_stop_hearing(void);

#ifdef __cplusplus
}
#endif
