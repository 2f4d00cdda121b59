#include "observer/readings.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "observer/files.h"
#include "observer/next.h"

static _Thread_local bool goes_on;
static bool heeds_questions;
static pid_t learner;  // a thread
static const void *clock_reader;  // where uv_hrtime() calls
static bool has_read_clock;
static int64_t set_back;  // ns

void instastart_go_on(bool heeds) {
  goes_on = true;
  heeds_questions = heeds;
}

void instastart_learn_clock(bool is_learning) { learner = is_learning ? gettid() : 0; }

bool instastart_has_read_clock(void) { return has_read_clock; }

void instastart_count_on_clock(void) { has_read_clock = true; }

void instastart_set_clock_back(int64_t by) { set_back = by; }

// In runs nothing may be added to each of many readings.
void instastart_stop_reading(void) {
  if (!has_read_clock) clock_reader = NULL;
}

// Where Node and libuv call from on behalf of JavaScript. Others read, too, at moments at which nobody can be called: V8 measures itself, and what it is linked
// with looks for the speed of the processor in the middle of a mutex.
enum { MOST_READERS = 128 };
static const void *readers[MOST_READERS];
static size_t reader_count;
static pid_t reader_learner;  // a thread

void instastart_learn_readers(bool is_learning) { reader_learner = is_learning ? gettid() : 0; }

static bool is_known(const void *caller) {
  for (size_t i = 0; i < reader_count; i++)
    if (readers[i] == caller) return true;
  return false;
}

static bool is_reader(const void *caller) {
  if (reader_learner && reader_learner == gettid() && !is_known(caller) && reader_count < MOST_READERS) readers[reader_count++] = caller;
  return is_going_on() && is_known(caller);
}

bool is_going_on(void) { return is_heeding() && goes_on; }

bool is_going_on_here(void) { return goes_on; }

// The zygote has nothing there, so that a run can have what its client was handed down (addon/low_descriptors.h).
enum { LOW_DESCRIPTORS = 64 };

void heed_descriptor(int fd) {
  if (is_going_on() && fd > 2 && fd < LOW_DESCRIPTORS) heed("to use an inherited descriptor", AT_FDCWD, NULL);
}

void heed_question(const char *question) {
  char act[NAME_MAX];
  if (!heeds_questions || !is_going_on()) return;
  snprintf(act, sizeof act, "to ask for %s", question);
  heed(act, AT_FDCWD, NULL);
}

void heed_look(int folder, const char *path, const void *caller) {
  char absolute[PATH_MAX], act[PATH_MAX + 64];
  if (!is_reader(caller)) return;
  if (path && *path && *path != '/' && folder == AT_FDCWD) heed_question("the working directory");
  if (!is_going_on() || !make_absolute(folder, path, absolute)) return;
  if (strncmp(absolute, "/proc/", 6) != 0 && strncmp(absolute, "/sys/", 5) != 0 && strncmp(absolute, "/dev/", 5) != 0) return;
  snprintf(act, sizeof act, "to look at %s", absolute);
  heed(act, AT_FDCWD, NULL);
}

enum { NS = 1000000000, LENGTH_OF_WAITER = 512 };

int clock_gettime(clockid_t clock, struct timespec *now) {
  const void *const reader = __builtin_return_address(0);
  if (learner && learner == gettid()) clock_reader = reader;
  const int result = NEXT(clock_gettime)(clock, now);
  if (reader != clock_reader) return result;
  if (is_going_on()) has_read_clock = true;
  const int64_t time = now->tv_sec * (int64_t)NS + now->tv_nsec - set_back;
  *now = (struct timespec){time / NS, time % NS};
  return result;
}

// uv_cond_timedwait() waits until so long after what it reads (src/unix/thread.c).
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  struct timespec later = *until;
  static uintptr_t waiter;
  if (set_back && !waiter) waiter = (uintptr_t)dlsym(RTLD_DEFAULT, "uv_cond_timedwait");
  if (set_back && (uintptr_t)__builtin_return_address(0) - waiter < LENGTH_OF_WAITER) {
    later.tv_sec += (later.tv_nsec + set_back) / NS;
    later.tv_nsec = (later.tv_nsec + set_back) % NS;
  }
  return NEXT(pthread_cond_timedwait)(condition, mutex, &later);
}

static uint64_t date_readings;

void instastart_note_date(void) {
  if (is_going_on()) date_readings++;
}

uint64_t instastart_date_readings(void) { return date_readings; }

#define READING(name, parameters, arguments, what) \
  int name parameters { \
    if (is_reader(__builtin_return_address(0))) heed(what, AT_FDCWD, NULL); \
    return NEXT(name) arguments; \
  }
READING(getrusage, (__rusage_who_t who, struct rusage *usage), (who, usage), "to measure the process")
READING(sysinfo, (struct sysinfo *info), (info), "to measure the machine")
READING(statfs64, (const char *path, struct statfs64 *info), (path, info), "to measure a file system")
READING(getifaddrs, (struct ifaddrs **found), (found), "to list network interfaces")
