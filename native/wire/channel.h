// The channel to its parent that a process was started with (child_process.fork), by two variables that Node takes out of the environment as it
// starts (lib/internal/process/pre_execution.js).
#pragma once
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHANNEL_FD "NODE_CHANNEL_FD"
#define CHANNEL_SERIALIZATION "NODE_CHANNEL_SERIALIZATION_MODE"

struct channel {
  int fd;  // -1: none
  char serialization[16];
};

// False if there is one that a zygote cannot have: its number is none of the lowest, or it is a cluster's (node:cluster), whose workers Node numbers.
bool find_channel(const char *const *environment, struct channel *found);

// Whether this assignment announces it.
bool is_of_channel(const char *assignment);

#ifdef __cplusplus
}
#endif
