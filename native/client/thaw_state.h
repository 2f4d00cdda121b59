// What is carried over the point of no return: prepared by thaw.c, used up by thaw_final.c. It lies with the code that uses it, a stack,
// the image's header and the handover in one mapping at an address that the image leaves free:
//
//   code | state, stack | hot pages | header and tables of the image | handover | room for the kernel's own pages
#pragma once
#include <signal.h>
#include "wire/image.h"

struct thaw_state {
  const struct image_header *image;
  const struct image_hot *hot;
  uint64_t own_start, own_end;  // of this mapping
  uint64_t specials_at;         // room for the kernel's own pages
  uint64_t specials[IMAGE_SPECIALS];  // where the kernel has put them in this process
  int memory;
  const int *files;
  uint64_t signal_mask;
  uint64_t arg_start, arg_length, env_start, env_end;  // the command line and environment, as `ps` shows them
  struct image_handover *handover;
  const char *node;  // executed with `handover`'s arguments if something fails
  char **plain_environment;
};

// The code, from the first to the last byte; position-independent, and calls nothing outside of itself.
extern const char __start_thaw_code[], __stop_thaw_code[];
void thaw_final(struct thaw_state *state);
