// Which program this is: the facts that always separate zygotes, and their hash, the program's key.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "wire/runtime_dir.h"

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
};

// What kind of thing a descriptor is, as far as Node tells kinds apart: 't'erminal, 'p'ipe, 'f'ile, 's'ocket, 'c'haracter
// device; a closed one counts as 'c', for Node opens /dev/null in its place.
char descriptor_kind(int fd);

// Hashes everything. False with errno if the entry or Node is not there or the entry is no regular file.
// Until questions are recorded one by one, the whole environment (less what differs between sessions for no program's sake), the
// working directory and the kinds of descriptors 0-2 are part of the key: any doubt is another program.
bool program_key(const struct program *program, char key[KEY_LENGTH + 1]);

// True if this process was given descriptors beyond 2, in whose place a run would have nothing. Node marks all of them close-on-exec
// as it starts, like its own; so its own are told apart by their kind: nameless inodes, /dev/null, and pipes of which it holds both ends.
bool has_inherited_descriptors(void);

// True for the arguments by which somebody asks for us (`--import instastart/register` and its spellings); sets *count to how
// many elements they take.
bool is_register_argument(const char *const *arguments, size_t available, const char *register_path, size_t *count);

#ifdef __cplusplus
}
#endif
