// Which of a program's zygotes: one for each set of answers that its modules got when they asked the outside world before the gate.
// What they ask stands in `<first half of the key>.asked` in the runtime directory, as NUL-terminated texts that are only ever added.
// The second half of the key is made from the answers.
//
//   *      all of the program's arguments          &      the whole environment
//   =text  the position of `text` among them       #      the names of all variables
//   /      process.argv[1]                         $NAME  this variable
//   .      the working directory                   <fd    what kind of thing 0, 1 or 2 is
//                                                  @fd    the size of its terminal
//
// What differs in every session (is_session_noise) is an answer only where it is asked for by its name.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "wire/runtime_dir.h"
#include "wire/surroundings.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PROGRAM_LENGTH = KEY_LENGTH / 2, MAX_ASKED = 64 * 1024 };

// Writes the name of that file.
void asked_name(const char *key, char name[PROGRAM_LENGTH + 8]);

// process.argv.indexOf(text); -1: absent. The first two elements of argv are paths that are not among `arguments`.
int argument_position(const char *text, const char *const *arguments, size_t count);

// A process as far as it can be asked.
struct asked_process {
  const char *const *arguments;  // the program's own
  size_t argument_count;
  const char *const *environment;  // NULL-terminated
  const char *entry;               // as it was typed
  struct surroundings *surroundings;  // to which the sizes of terminals are added once they are asked for
};

// Puts the answers that it gives to the questions in `asked` into `key`.
void apply_answers(const char *asked, size_t length, const struct asked_process *process, char key[KEY_LENGTH + 1]);

// Whether the key depends on the arguments: not, only on the places of a few of them, or on all.
enum asked_arguments { ARGUMENTS_UNASKED, ARGUMENTS_SEARCHED, ARGUMENTS_READ };

// The same for a process of its own, with the questions that the directory knows; the key stays as it is if there are none.
enum asked_arguments choose_variant(const struct runtime_dir *dir, const struct asked_process *process, char key[KEY_LENGTH + 1]);

#ifdef __cplusplus
}
#endif
