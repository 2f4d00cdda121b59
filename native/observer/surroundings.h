// What the observer tells the addon of questions about the process itself, as in questions.h.
#pragma once
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct heard_surroundings {
  bool directory;       // which is the working directory
  bool descriptors[3];  // what 0, 1 and 2 are
};

// The program is about to be evaluated: until then Node itself asks.
void instastart_hear_surroundings(void);
struct heard_surroundings instastart_stop_hearing_surroundings(void);

// For the observer's own use: somebody has asked.
void note_directory(void) __attribute__((visibility("hidden")));
void note_descriptor(int fd) __attribute__((visibility("hidden")));

#ifdef __cplusplus
}
#endif
