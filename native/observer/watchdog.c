// Preloaded into a zygote: Node waits for SIGUSR1, which opens its inspector, on a thread of its own (src/inspector_agent.cc,
// StartIoThreadMain), and no fork has that. Here it is heard of as Node starts it, so that a run can start it again.
#include "observer/watchdog.h"

#include "observer/files.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { WATCHDOG_STACK = 64 * 1024 };  // Node's is smaller, in all versions

typedef void *thread_main(void *);
typedef int create_thread(pthread_t *, const pthread_attr_t *, thread_main *, void *);

static thread_main *watchdog;
static atomic_int has_watchdog;  // a process
static atomic_bool is_run;

// Of Node's threads it is the only one that nobody joins, that is given nothing, and that needs next to no stack.
static bool is_watchdog(const pthread_attr_t *attributes, const void *argument) {
  int state;
  size_t stack;
  return attributes && !argument && pthread_attr_getdetachstate(attributes, &state) == 0 && state == PTHREAD_CREATE_DETACHED &&
         pthread_attr_getstacksize(attributes, &stack) == 0 && stack <= WATCHDOG_STACK;
}

static create_thread *original(void) {
  static _Atomic(create_thread *) found;
  if (!found) found = (create_thread *)dlsym(RTLD_NEXT, "pthread_create");
  return found;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, thread_main *start, void *argument) {
  if (!watchdog && is_watchdog(attributes, argument)) {
    watchdog = start;
    has_watchdog = getpid();
  }
  // A loop that never comes to its end is compiled on another thread, and must hear the signal, too.
  if (is_run) instastart_start_watchdog();
  heed_thread(__builtin_return_address(0));
  return original()(thread, attributes, start, argument);
}

void instastart_start_watchdog(void) {
  const int own = getpid();
  if (!watchdog || atomic_exchange(&has_watchdog, own) == own) return;
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, WATCHDOG_STACK);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (original()(&thread, &attributes, watchdog, NULL) != 0) has_watchdog = 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
}

void instastart_begin_run(void) { is_run = true; }
