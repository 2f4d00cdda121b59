// Whole messages over a stream socket, with descriptors. The only place that calls sendmsg and recvmsg.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

// Milliseconds of CLOCK_MONOTONIC.
int64_t now_ms(void);

// Nanoseconds of it.
int64_t now_ns(void);

enum { NO_DEADLINE = -1 };

// Sends one message. `deadline` is in now_ms() terms, or NO_DEADLINE. Returns false with errno set (EPIPE, ETIMEDOUT, ...).
bool frame_send(int socket, enum message_type type, const void *payload, size_t length, const int *descriptors, size_t descriptor_count, int64_t deadline);

struct frame_reader {
  struct message_header header;
  size_t received;  // bytes of header and payload so far
  char *payload;    // malloc'ed, header.length bytes and a final NUL; owned by the reader
  int descriptors[MAX_DESCRIPTORS];
  size_t descriptor_count;
  uint32_t limit;  // largest payload accepted
};

enum frame_state { FRAME_PARTIAL, FRAME_COMPLETE, FRAME_CLOSED, FRAME_BROKEN };

void frame_reader_init(struct frame_reader *reader, uint32_t limit);
// Reads what is there without blocking. Never reads past the end of one message. FRAME_BROKEN: unknown magic, too long,
// truncated or surplus descriptors, or a socket error.
enum frame_state frame_reader_advance(struct frame_reader *reader, int socket);
// Frees the payload, closes the descriptors that were not taken (set a taken one to -1), and makes ready for the next message.
void frame_reader_reset(struct frame_reader *reader);

// Blocks until a whole message is there. FRAME_PARTIAL means that the deadline passed.
enum frame_state frame_receive(struct frame_reader *reader, int socket, int64_t deadline);

#ifdef __cplusplus
}
#endif
