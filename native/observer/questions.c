// Preloaded into a zygote: hears which environment variables are asked for until it parks, by Node itself, by modules (`process.env.X` and
// `'X' in process.env` end in getenv(3)) and by native packages. In runs nothing is heard any more.
#include "observer/questions.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "observer/askers.h"
#include "observer/own_work.h"

enum { SLOTS = 4096, MOST_NAMES = SLOTS / 2, TEXT = 128 * 1024, TEXT_OF_QUESTION = 256 };

extern char **environ;

static atomic_bool is_deaf;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static bool is_enumerated, is_overflown;
static char text[TEXT];
static uint32_t text_length, name_count;
static uint32_t slots[SLOTS];  // offset in `text` plus 1
static bool is_attributed[SLOTS];

static uint32_t hash_of(const char *name) {
  uint32_t hash = 2166136261U;
  while (*name) hash = (hash ^ (unsigned char)*name++) * 16777619U;
  return hash;
}

// Where somebody who goes through all variables, in their order, will ask next.
static char **next_of_all;

static bool is_heard(void) { return !atomic_load_explicit(&is_deaf, memory_order_relaxed) && !is_own_work; }

// Whether somebody wants to know that a variable is there (`in`, Object.keys) or what its value is, ends in the same function of libuv's; but where
// that returns to differs. In which word of the stack that stands is learned by asking in both ways.
enum { STACK = 64 };

static const char learning_name[] = "INSTASTART_LEARNING";
static enum asked_for learning;
static uintptr_t learned[ASKED_FOR_COUNT][2][STACK];
static int learned_count[ASKED_FOR_COUNT];
static int place = -1;  // of the word

void instastart_learn(enum asked_for what) { learning = what; }

static void learn(const uintptr_t *stack) {
  if (learning == ASKED_FOR_COUNT || learned_count[learning] == 2) return;
  memcpy(learned[learning][learned_count[learning]++], stack, sizeof learned[0][0]);
  if (learned_count[ASKED_FOR_PRESENCE] < 2 || learned_count[ASKED_FOR_VALUE] < 2) return;
  Dl_info one, other;
  for (int i = 0; i < STACK && place < 0; i++) {
    const uintptr_t presence = learned[ASKED_FOR_PRESENCE][0][i], value = learned[ASKED_FOR_VALUE][0][i];
    const bool is_steady = presence == learned[ASKED_FOR_PRESENCE][1][i] && value == learned[ASKED_FOR_VALUE][1][i];
    if (is_steady && presence != value && dladdr((void *)presence, &one) && dladdr((void *)value, &other) && one.dli_fbase == other.dli_fbase) place = i;
  }
}

static bool is_by(enum asked_for what, const uintptr_t *stack) { return place >= 0 && stack[place] == learned[what][0][place]; }
static bool is_for_presence(const uintptr_t *stack) { return is_by(ASKED_FOR_PRESENCE, stack); }

// By `process.env`: anybody else may ask at a time at which V8 does not let its stack be looked at.
static bool is_by_javascript(const uintptr_t *stack) { return is_by(ASKED_FOR_PRESENCE, stack) || is_by(ASKED_FOR_VALUE, stack); }

// `at`: the variable's place in the environment; NULL: absent.
static void note(const char *name, char **at, const uintptr_t *stack) {
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) continue;
  // V8 asks whether each is there and then for its value, in one pass or in two.
  if (next_of_all && !*next_of_all && at == environ) next_of_all = environ;
  const bool is_among_all = at && next_of_all && (at == next_of_all || at + 1 == next_of_all);
  const char way = is_among_all ? HEARD_AMONG_ALL : HEARD_BY_NAME;
  next_of_all = is_among_all ? at + 1 : NULL;
  if (is_among_all && is_for_presence(stack)) {
    // That their names are asked for is known already.
    atomic_flag_clear_explicit(&lock, memory_order_release);
    return;
  }
  uint32_t slot = (hash_of(name) + (unsigned char)way) % SLOTS;
  for (; slots[slot]; slot = (slot + 1) % SLOTS) {
    const char *const known = text + slots[slot] - 1;
    if (known[0] == way && strcmp(known + 1, name) == 0) break;
  }
  if (!slots[slot]) {
    const size_t length = strlen(name) + 2;
    if (name_count == MOST_NAMES || text_length + length > TEXT) {
      is_overflown = true;
    } else {
      text[text_length] = way;
      memcpy(text + text_length + 1, name, length - 1);
      slots[slot] = text_length + 1;
      text_length += (uint32_t)length;
      name_count++;
    }
  }
  const bool is_noted = slots[slot] != 0;
  atomic_flag_clear_explicit(&lock, memory_order_release);
  if (!is_noted || !is_by_javascript(stack)) return;
  char question[TEXT_OF_QUESTION] = {HEARD_BY_NAME};
  strncpy(question + 1, name, sizeof question - 2);
  tell_asker(question, &is_attributed[slot]);
}

char *getenv(const char *name) {
  const size_t length = strlen(name);
  char **at = environ;
  while (at && *at && !(strncmp(*at, name, length) == 0 && (*at)[length] == '=')) at++;
  if (at && !*at) at = NULL;
  if (is_heard()) {
    // Above this function's own frame.
    const uintptr_t *const stack = (const uintptr_t *)__builtin_frame_address(0) + 2;
    if (strcmp(name, learning_name) == 0) learn(stack);
    else note(name, at, stack);
  }
  return at ? *at + length + 1 : NULL;
}

char *secure_getenv(const char *name) { return getauxval(AT_SECURE) ? NULL : getenv(name); }

extern void *__libc_calloc(size_t count, size_t size);

// uv_os_environ() asks nobody for the names, but for room: for as many pairs of pointers as there are variables (libuv, src/unix/core.c).
// Whoever else asks for just that many costs a question more, and nothing else.
void *calloc(size_t count, size_t size) {
  if (size == 2 * sizeof(char *) && is_heard()) {
    size_t variables = 0;
    while (environ && environ[variables]) variables++;
    if (count == variables) {
      is_enumerated = true;
      next_of_all = environ;
    }
  }
  return __libc_calloc(count, size);
}

struct heard_questions instastart_stop_hearing(void) {
  atomic_store(&is_deaf, true);
  return (struct heard_questions){text, text_length, is_enumerated, is_overflown};
}
