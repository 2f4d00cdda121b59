#include "addon/request.h"

#include <cstring>
#include "wire/frame.h"

// Moves `count` NUL-terminated strings from `*at` to `out`.
static bool takeStrings(const char** at, const char* end, uint32_t count, std::vector<std::string>* out) {
  // Every string takes at least its NUL, which bounds the count before anything is reserved for it.
  if (count > static_cast<size_t>(end - *at)) return false;
  out->reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    const void* nul = memchr(*at, 0, end - *at);
    if (!nul) return false;
    out->emplace_back(*at, static_cast<const char*>(nul));
    *at = static_cast<const char*>(nul) + 1;
  }
  return true;
}

bool decodeRequest(const frame_reader& message, RunRequest* request) {
  request_head head;
  if (message.header.length < sizeof head || message.descriptor_count > 0) return false;
  memcpy(&head, message.payload, sizeof head);
  request->umask = head.umask & 0777;
  request->parent_pid = head.parent_pid;
  const char* at = message.payload + sizeof head;
  const char* end = message.payload + message.header.length;
  return head.arguments >= 1 && takeStrings(&at, end, head.arguments, &request->arguments) &&
         takeStrings(&at, end, head.exec_arguments, &request->exec_arguments) &&
         takeStrings(&at, end, head.environment, &request->environment) && at == end;
}

bool decodeGo(frame_reader* message, RunRequest* request) {
  go_head head;
  if (message->header.length != sizeof head) return false;
  memcpy(&head, message->payload, sizeof head);
  size_t next = 0;
  const auto take = [&](UniqueFd* into) {
    if (next >= message->descriptor_count) return false;
    into->reset(std::exchange(message->descriptors[next++], -1));
    return true;
  };
  for (int fd = 0; fd <= 2; fd++)
    if ((head.open_stdio & (1U << fd)) && !take(&request->stdio[fd])) return false;
  return take(&request->cwd) && take(&request->life_line) && next == message->descriptor_count;
}
