// What the descriptors of a client are: those that the caller has handed down are the program's.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// What kind of thing a descriptor is, as far as Node tells kinds apart: 't'erminal, 'p'ipe, 'f'ile, 's'ocket, 'c'haracter
// device; a closed one counts as 'c', for Node opens /dev/null in its place.
char descriptor_kind(int fd);

// Above all numbers that are used in scripts (`exec 3<file`), by make (3, 4), by service managers (3 and on, sd_listen_fds(3)) and for channels.
enum { LOW_DESCRIPTORS = 64 };

// More than anybody hands down.
enum { MOST_INHERITED = 512 };

// The descriptors beyond 2 that this process was given, in no order. A forked run would have nothing in their places. Node marks all of them
// close-on-exec as it starts, like its own; so its own are told apart by their kind: nameless inodes, and pipes of which it holds both ends, if their
// numbers are above the first of these inodes'.
// Returns how many, or -1 if that cannot be told.
int find_inherited_descriptors(int found[MOST_INHERITED]);

#ifdef __cplusplus
}
#endif
