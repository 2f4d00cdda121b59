// The vocabulary of PROTOCOL.md: message types, limits and fixed layouts, shared by the client and the zygote.
// Both ends are always the same build (the build is part of the program's key), so integers are in host order.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { WIRE_MAGIC = 0x69734131 };  // "isA1": protocol version 1

enum message_type {
  MESSAGE_REQUEST = 1,   // client -> zygote: serve this run
  MESSAGE_ACCEPTED = 2,  // zygote -> client: it is fresh and fits; say GO (descriptor: the image, if it was wanted and there is one)
  MESSAGE_REFUSED = 3,   // zygote -> client: reason
  MESSAGE_GO = 4,        // client -> zygote: fork (descriptors: those of 0-2 that are open, cwd, life-line)
  MESSAGE_STARTED = 5,   // run -> client: i32 pid (descriptor: its pidfd, where the kernel has them)
  MESSAGE_STOPPED = 6,   // zygote -> client: i32 signal that stopped the run
  MESSAGE_LEAVING = 7,   // run -> client: i32 wait status it is about to end with; counts if the zygote is gone by then
  MESSAGE_EXITED = 8,    // zygote -> client: i32 wait status; the run is gone, all it held is closed
  MESSAGE_STATUS = 9,    // command -> zygote; answered by MESSAGE_REPORT
  MESSAGE_REPORT = 10,   // zygote -> command: JSON text
  MESSAGE_STOP = 11,     // command -> zygote: end; answered by closing
  MESSAGE_ORDER = 12,    // zygote -> its standby: become this client's run (descriptors: the conversation, then as with GO)
  MESSAGE_TAKEN = 13,    // client -> zygote: it becomes the run itself, from the image
  MESSAGE_REMAKE = 14,   // client -> base: make another zygote; ACCEPTED once one can be waited for, or REFUSED
  MESSAGE_WRITTEN = 15,  // run -> zygote: the pages of the image that it has written to, as in struct image_hot
};

struct message_header {
  uint32_t magic;
  uint16_t type;
  uint16_t descriptors;  // how many come with this message
  uint32_t length;       // bytes of payload that follow
};

enum {
  MAX_DESCRIPTORS = 6,               // conversation (in an order), stdin, stdout, stderr, cwd, life-line
  MAX_REQUEST = 12 * 1024 * 1024,    // Linux: arguments and environment share at most 6 MB (execve(2)); twice that
  MAX_SMALL_MESSAGE = 4096,          // everything but a request and a report
};

// Followed by NUL-terminated strings: the working directory, the program's arguments (the first is the entry as typed), execArgv, the environment.
struct request_head {
  int64_t started_ns;  // when the client's process did: CLOCK_MONOTONIC
  uint32_t umask;
  int32_t parent_pid;
  uint32_t arguments;
  uint32_t exec_arguments;
  uint32_t environment;
  uint32_t image;  // enum image_wish
  // As in struct surroundings:
  uint64_t device, inode;
  uint16_t columns[3], rows[3];
  char kinds[4];  // of 0-2
};

// Whether the client can become the run itself, from an image; or must, since it has what no fork of the zygote would: then it is answered once there is one.
enum image_wish { IMAGE_UNWANTED, IMAGE_WANTED, IMAGE_NEEDED };

// Payload of GO, and the first part of that of ORDER, which the client's request follows. The descriptors come in the order of 0, 1, 2 (where their bit is set), working directory, life-line.
struct go_head {
  uint32_t open_stdio;  // bit n: descriptor n of the client is open
};

#ifdef __cplusplus
}
#endif
