// Which program this is: the facts that always separate zygotes, and their hash, the program's key.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "wire/channel.h"
#include "wire/runtime_dir.h"
#include "wire/surroundings.h"

#ifdef __cplusplus
extern "C" {
#endif

struct program {
  const char *node;   // path of the Node binary
  const char *argv0;  // what Node was called: process.argv0, which no run can change
  const char *entry;  // path of the entry as typed; must be a regular file
  const char *const *exec_arguments;
  size_t exec_argument_count;
  const char *register_path;  // our own preload, which does not count as an argument of Node's; "": the program asks by itself (instastart/auto)
  const struct surroundings *surroundings;
  const struct channel *channel;
};

// Hashes everything. False with errno if the entry or Node is not there or the entry is no regular file.
// Part of it is what Node, its libraries and other preloads ask where nobody hears it: some variables; with options of Node's the working
// directory and the kinds of descriptors 0-2, too.
bool program_key(const struct program *program, char key[KEY_LENGTH + 1]);

// True for the arguments by which somebody asks for us (`--import instastart/register` and its spellings); sets *count to how
// many elements they take.
bool is_register_argument(const char *const *arguments, size_t available, const char *register_path, size_t *count);

#ifdef __cplusplus
}
#endif
