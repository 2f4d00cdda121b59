// See frame.h. Descriptors travel with the first bytes of their message; every interrupted call is repeated.
#include "wire/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t now_ms(void) { return now_ns() / 1000000; }

// Returns false with ETIMEDOUT once the deadline has passed.
static bool wait_for(int socket, short events, int64_t deadline) {
  for (;;) {
    int timeout = -1;
    if (deadline != NO_DEADLINE) {
      int64_t left = deadline - now_ms();
      timeout = left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
    }
    struct pollfd poller = {.fd = socket, .events = events};
    int ready = poll(&poller, 1, timeout);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && deadline != NO_DEADLINE && now_ms() >= deadline) {
      errno = ETIMEDOUT;
      return false;
    }
  }
}

bool frame_send(int socket, enum message_type type, const void *payload, size_t length, const int *descriptors, size_t descriptor_count, int64_t deadline) {
  struct message_header header = {.magic = WIRE_MAGIC, .type = type, .descriptors = (uint16_t)descriptor_count, .length = (uint32_t)length};
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)payload, length}};
  union {
    char bytes[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
    struct cmsghdr align;
  } control;
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};
  if (descriptor_count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
    memcpy(CMSG_DATA(rights), descriptors, sizeof(int) * descriptor_count);
  }
  while (message.msg_iovlen > 0) {
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN || !wait_for(socket, POLLOUT, deadline)) return false;
      continue;
    }
    message.msg_control = NULL;  // the descriptors went with the first bytes
    message.msg_controllen = 0;
    while (message.msg_iovlen > 0 && (size_t)sent >= message.msg_iov->iov_len) {
      sent -= (ssize_t)message.msg_iov->iov_len;
      message.msg_iov++;
      message.msg_iovlen--;
    }
    if (message.msg_iovlen > 0) {
      message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
      message.msg_iov->iov_len -= (size_t)sent;
    }
  }
  return true;
}

void frame_reader_init(struct frame_reader *reader, uint32_t limit) {
  memset(reader, 0, sizeof *reader);
  reader->limit = limit;
}

void frame_reader_reset(struct frame_reader *reader) {
  free(reader->payload);
  for (size_t i = 0; i < reader->descriptor_count; i++)
    if (reader->descriptors[i] >= 0) close(reader->descriptors[i]);
  frame_reader_init(reader, reader->limit);
}

// Takes over every descriptor that came, so that none leaks; false if they are more than the protocol knows or were cut off.
static bool take_descriptors(struct frame_reader *reader, struct msghdr *message) {
  bool fits = !(message->msg_flags & MSG_CTRUNC);
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof descriptor);
      if (reader->descriptor_count < MAX_DESCRIPTORS) {
        reader->descriptors[reader->descriptor_count++] = descriptor;
      } else {
        close(descriptor);
        fits = false;
      }
    }
  }
  return fits;
}

static bool header_is_sound(const struct frame_reader *reader) {
  const struct message_header *header = &reader->header;
  return header->magic == WIRE_MAGIC && header->length <= reader->limit && header->descriptors <= MAX_DESCRIPTORS;
}

enum frame_state frame_reader_advance(struct frame_reader *reader, int socket) {
  for (;;) {
    bool in_header = reader->received < sizeof reader->header;
    size_t body = in_header ? 0 : reader->received - sizeof reader->header;
    struct iovec part;
    if (in_header) {
      part = (struct iovec){(char *)&reader->header + reader->received, sizeof reader->header - reader->received};
    } else {
      if (body == reader->header.length)
        return reader->descriptor_count == reader->header.descriptors ? FRAME_COMPLETE : FRAME_BROKEN;
      part = (struct iovec){reader->payload + body, reader->header.length - body};
    }
    union {
      char bytes[CMSG_SPACE(sizeof(int) * (MAX_DESCRIPTORS + 1))];
      struct cmsghdr align;
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? FRAME_PARTIAL : FRAME_BROKEN;
    }
    if (!take_descriptors(reader, &message)) return FRAME_BROKEN;
    if (got == 0) return reader->received == 0 ? FRAME_CLOSED : FRAME_BROKEN;
    reader->received += (size_t)got;
    if (in_header && reader->received == sizeof reader->header) {
      if (!header_is_sound(reader)) return FRAME_BROKEN;
      reader->payload = malloc((size_t)reader->header.length + 1);
      if (!reader->payload) return FRAME_BROKEN;
      reader->payload[reader->header.length] = 0;
    }
  }
}

enum frame_state frame_receive(struct frame_reader *reader, int socket, int64_t deadline) {
  for (;;) {
    enum frame_state state = frame_reader_advance(reader, socket);
    if (state != FRAME_PARTIAL) return state;
    if (!wait_for(socket, POLLIN, deadline)) return errno == ETIMEDOUT ? FRAME_PARTIAL : FRAME_BROKEN;
  }
}
