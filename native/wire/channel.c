#include "wire/channel.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "wire/descriptors.h"
#include "wire/variables.h"

bool find_channel(const char *const *environment, struct channel *found) {
  const char *const number = variable_of(CHANNEL_FD, environment), *serialization = variable_of(CHANNEL_SERIALIZATION, environment);
  found->fd = -1;
  if (!number) return true;
  // Node's own default.
  if (!serialization || !*serialization) serialization = "json";
  char *end;
  const long fd = strtol(number, &end, 10);
  if (end == number || *end || fd <= 2 || fd >= LOW_DESCRIPTORS || fcntl((int)fd, F_GETFD) < 0) return false;
  if (variable_of("NODE_UNIQUE_ID", environment) || strlen(serialization) >= sizeof found->serialization) return false;
  found->fd = (int)fd;
  strcpy(found->serialization, serialization);
  return true;
}
