// What is never the same twice: the clocks, and the kernel's figures of the process and the machine. While modules are imported they may be read. Where a
// program goes on past its imports (loader/zygote/later-gate.ts), to read the figures is an act, and that the clocks were read is known afterwards.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// This thread's program goes on. Other threads' readings are nobody's. `heeds_questions`: to ask for its directory and its standard streams is an
// act, too. (Nobody can be called in the middle of a question for a variable, where Node holds a lock.)
void instastart_go_on(bool heeds_questions);

// The program reads the time of day (Date). It may be in the middle of optimized code, where V8 can call nobody.
void instastart_note_date(void);
uint64_t instastart_date_readings(void);

// The zygote parks.
void instastart_stop_reading(void);

// Whoever looks at the kernel's figures while `is_learning`, on this thread, does so on behalf of JavaScript, which can be called then.
void instastart_learn_readers(bool is_learning);

// Whoever reads the monotonic clock while `is_learning`, on this thread, is known from then on: it is to be the only one, uv_hrtime().
void instastart_learn_clock(bool is_learning);

// Whether it has read the clock since the program goes on. In the middle of that nobody can be called (V8's fast calls), so it is no act.
bool instastart_has_read_clock(void);

// As if it had: it has set a timer.
void instastart_count_on_clock(void);

// In a run, if it has: what it reads from now on is that much earlier (ns), as if no time had passed while the zygote was parked.
void instastart_set_clock_back(int64_t by);

// For the observer's own use: somebody is about to look at this path, and calls from there.
void heed_look(int folder, const char *path, const void *caller) __attribute__((visibility("hidden")));

// Somebody is about to ask this.
void heed_question(const char *question) __attribute__((visibility("hidden")));

// Somebody is about to use this descriptor.
void heed_descriptor(int fd) __attribute__((visibility("hidden")));

// Whether the program goes on, on this thread: as long as acts are heeded; and in the middle of one.
bool is_going_on(void) __attribute__((visibility("hidden")));
bool is_going_on_here(void) __attribute__((visibility("hidden")));

#ifdef __cplusplus
}
#endif
