// Variables of the environment: assignments, as environ(7) has them.
#pragma once
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// By these a parent tells its child of the channel between them (wire/channel.h); Node takes them out of the environment as it starts.
#define CHANNEL_FD "NODE_CHANNEL_FD"
#define CHANNEL_SERIALIZATION "NODE_CHANNEL_SERIALIZATION_MODE"

bool is_of_channel(const char *assignment);

// True for assignments of variables that differ from one session or call to the next, and are no answer to any question.
bool is_session_noise(const char *assignment);

// The value; NULL: absent.
const char *variable_of(const char *name, const char *const *environment);

#ifdef __cplusplus
}
#endif
