#include "addon/debug_signal.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <dlfcn.h>
#include "observer/watchdog.h"

// libuv, which Node exports.
extern "C" {
struct uv_async_s;
int uv_async_init(uv_loop_s*, uv_async_s*, void (*)(uv_async_s*));
int uv_async_send(uv_async_s*);
void uv_unref(uv_async_s*);
}

static struct sigaction by_node;

// More than a uv_async_t takes (128 bytes).
alignas(16) static char wake_storage[512];
static uv_async_s* const wake = reinterpret_cast<uv_async_s*>(wake_storage);

template <typename Function>
static Function* ofObserver(const char* name) { return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name)); }

// Node's own tells the watchdog, by a semaphore: one that starts later finds it. Both calls are safe here (signal-safety(7); uv_async_send()).
static void note(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  by_node.sa_sigaction(signal, info, context);
  uv_async_send(wake);
  errno = error;
}

static void startWatchdog(uv_async_s*) {
  if (auto* const start = ofObserver<void()>("instastart_start_watchdog")) start();
}

void beginDebugSignal(uv_loop_s* loop) {
  // Without one, SIGUSR1 ends the process (--disable-sigusr1), or is ignored.
  if (sigaction(SIGUSR1, nullptr, &by_node) != 0 || by_node.sa_handler == SIG_DFL || by_node.sa_handler == SIG_IGN) return;
  if (uv_async_init(loop, wake, startWatchdog) != 0) return;
  uv_unref(wake);
  struct sigaction own = by_node;
  own.sa_sigaction = note;
  own.sa_flags |= SA_SIGINFO;
  sigaction(SIGUSR1, &own, nullptr);
}

void debugSignalInRun() {
  if (auto* const begin = ofObserver<void()>("instastart_begin_run")) begin();
}
