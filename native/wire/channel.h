// The channel to its parent that a process was started with (child_process.fork; Node's lib/internal/process/pre_execution.js).
#pragma once
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct channel {
  int fd;  // -1: none
  char serialization[16];
};

// False if there is one that a zygote cannot have: its number is none of the lowest, or it is a cluster's (node:cluster), whose workers Node numbers.
bool find_channel(const char *const *environment, struct channel *found);

#ifdef __cplusplus
}
#endif
