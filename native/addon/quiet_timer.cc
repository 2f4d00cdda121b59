#include "addon/quiet_timer.h"

#include <cstdlib>
#include <cstring>

// Part of libuv 1.x's stable ABI (include/uv.h); the size of a handle is asked for.
extern "C" {
struct uv_timer_s;
const char* uv_handle_type_name(int);
size_t uv_handle_size(int);
int uv_timer_init(uv_loop_s*, uv_timer_s*);
int uv_timer_start(uv_timer_s*, void (*)(uv_timer_s*), uint64_t timeout_ms, uint64_t repeat_ms);
void uv_unref(uv_timer_s*);
void uv_close(uv_timer_s*, void (*)(uv_timer_s*));
}

namespace {

enum { TIMER_TYPE = 13, SHORTEST_TICK_MS = 20, LONGEST_WAIT_MS = 5000 };

uv_timer_s* timer = nullptr;
std::function<int64_t()> computed;
std::function<void()> when_quiet;
int64_t least = 0, tick = SHORTEST_TICK_MS, passed = 0, before = 0;

void wait();

void check(uv_timer_s*) {
  const int64_t now = computed();
  const bool is_quiet = now - before < tick / 2;
  passed += tick;
  before = now;
  if (passed > LONGEST_WAIT_MS || (is_quiet && now >= least)) {
    uv_close(timer, [](uv_timer_s* closed) { free(closed); });
    when_quiet();
    return;
  }
  // Waiting, and little done so far: looked at ever more rarely.
  if (is_quiet) tick *= 2;
  wait();
}

void wait() { uv_timer_start(timer, check, static_cast<uint64_t>(tick), 0); }

}  // namespace

void whenQuiet(uv_loop_s* loop, std::function<int64_t()> computed_ms, int64_t least_ms, std::function<void()> callback) {
  const char* const type = uv_handle_type_name(TIMER_TYPE);
  // Without one, exiting is the time.
  if (timer || !type || strcmp(type, "timer") != 0) return;
  timer = static_cast<uv_timer_s*>(malloc(uv_handle_size(TIMER_TYPE)));
  if (!timer || uv_timer_init(loop, timer) != 0) return;
  uv_unref(timer);
  computed = std::move(computed_ms);
  when_quiet = std::move(callback);
  least = least_ms;
  wait();
}
