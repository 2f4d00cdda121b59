// Where a process is and what it is connected to: what modules may ask for besides arguments and environment.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DIRECTORY_MAX = 4096 };

struct surroundings {
  char directory[DIRECTORY_MAX];  // the working directory, absolute
  uint64_t device, inode;         // of it
  char kinds[3];                  // of descriptors 0-2, as by descriptor_kind
  uint16_t columns[3], rows[3];   // of their terminals; 0 for anything else, and until find_terminal_sizes
};

// Of this process, without the sizes. False with errno if its directory is gone.
bool find_surroundings(struct surroundings *here);

// Adds them: nearly no program asks for these.
void find_terminal_sizes(struct surroundings *here);

// process.argv[1], which Node makes of the entry as it was typed (path.resolve). False if that is too long.
bool entry_path(const char *directory, const char *typed, char path[DIRECTORY_MAX]);

#ifdef __cplusplus
}
#endif
