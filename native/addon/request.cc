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

static bool decodeText(std::string text, RunRequest* request) {
  request->text = std::move(text);
  request_head head;
  if (request->text.size() < sizeof head) return false;
  memcpy(&head, request->text.data(), sizeof head);
  request->started_ns = head.started_ns;
  request->umask = head.umask & 0777;
  request->parent_pid = head.parent_pid;
  if (head.image > IMAGE_NEEDED) return false;
  request->image = static_cast<image_wish>(head.image);
  const char* at = request->text.data() + sizeof head;
  const char* end = request->text.data() + request->text.size();
  std::vector<std::string> directory;
  if (!takeStrings(&at, end, 1, &directory) || directory[0].size() >= sizeof request->client.directory) return false;
  strcpy(request->client.directory, directory[0].c_str());
  request->client.device = head.device;
  request->client.inode = head.inode;
  memcpy(request->client.columns, head.columns, sizeof head.columns);
  memcpy(request->client.rows, head.rows, sizeof head.rows);
  memcpy(request->client.kinds, head.kinds, sizeof request->client.kinds);
  return head.arguments >= 1 && takeStrings(&at, end, head.arguments, &request->arguments) &&
         takeStrings(&at, end, head.exec_arguments, &request->exec_arguments) &&
         takeStrings(&at, end, head.environment, &request->environment) && at == end;
}

bool decodeRequest(const frame_reader& message, RunRequest* request) {
  return message.descriptor_count == 0 && decodeText({message.payload, message.header.length}, request);
}

// Takes the message's descriptors from `next` on. False if they are not those that `open_stdio` announces.
static bool takeDescriptors(frame_reader* message, size_t next, uint32_t open_stdio, RunRequest* request) {
  const auto take = [&](UniqueFd* into) {
    if (next >= message->descriptor_count) return false;
    into->reset(std::exchange(message->descriptors[next++], -1));
    return true;
  };
  for (int fd = 0; fd <= 2; fd++)
    if ((open_stdio & (1U << fd)) && !take(&request->stdio[fd])) return false;
  return take(&request->cwd) && take(&request->life_line) && next == message->descriptor_count;
}

bool decodeGo(frame_reader* message, RunRequest* request) {
  go_head head;
  if (message->header.length != sizeof head) return false;
  memcpy(&head, message->payload, sizeof head);
  return takeDescriptors(message, 0, head.open_stdio, request);
}

bool sendOrder(int standby, const RunRequest& request, int conversation, int64_t deadline) {
  int descriptors[MAX_DESCRIPTORS] = {conversation};
  size_t count = 1;
  go_head head = {0};
  for (int fd = 0; fd <= 2; fd++) {
    if (!request.stdio[fd].ok()) continue;
    head.open_stdio |= 1U << fd;
    descriptors[count++] = request.stdio[fd].get();
  }
  descriptors[count++] = request.cwd.get();
  descriptors[count++] = request.life_line.get();
  const std::string payload = std::string(reinterpret_cast<const char*>(&head), sizeof head) + request.text;
  return frame_send(standby, MESSAGE_ORDER, payload.data(), payload.size(), descriptors, count, deadline);
}

bool decodeOrder(frame_reader* message, RunRequest* request, UniqueFd* conversation) {
  go_head head;
  if (message->header.type != MESSAGE_ORDER || message->header.length < sizeof head || message->descriptor_count == 0) return false;
  memcpy(&head, message->payload, sizeof head);
  conversation->reset(std::exchange(message->descriptors[0], -1));
  return takeDescriptors(message, 1, head.open_stdio, request) &&
         decodeText({message->payload + sizeof head, message->header.length - sizeof head}, request);
}
