#include "addon/event_loop.h"

#include <cstring>

extern "C" {
struct uv_handle_s;
struct uv_loop_s {
  void* data;
  unsigned int active_handles;
  void* handle_queue[2];
  union {
    void* unused;
    unsigned int count;
  } active_reqs;
};
int uv_loop_fork(uv_loop_s*);
void uv_walk(uv_loop_s*, void (*)(uv_handle_s*, void*), void*);
int uv_is_active(const uv_handle_s*);
int uv_has_ref(const uv_handle_s*);
int uv_handle_get_type(const uv_handle_s*);
const char* uv_handle_type_name(int);
}

std::vector<uv_handle_s*> EventLoop::handles() const {
  std::vector<uv_handle_s*> found;
  uv_walk(loop_, [](uv_handle_s* handle, void* into) { static_cast<std::vector<uv_handle_s*>*>(into)->push_back(handle); }, &found);
  return found;
}

void EventLoop::remember() {
  for (uv_handle_s* handle : handles()) (uv_is_active(handle) ? active_before_ : idle_before_).insert(handle);
}

std::string EventLoop::newlyActive() const {
  if (loop_->active_reqs.count > 0) return "request";
  for (uv_handle_s* handle : handles()) {
    if (!uv_is_active(handle) || active_before_.contains(handle)) continue;
    const char* const type = uv_handle_type_name(uv_handle_get_type(handle));
    // Listeners for signals survive: libuv renews its signal pipe, and the run gets the dispositions back.
    if (strcmp(type, "signal") == 0) continue;
    // One handle, as old as the process, serves all timers of JavaScript. Later ones are V8's delayed tasks, which may come at any time.
    if (strcmp(type, "timer") == 0 && !idle_before_.contains(handle) && !uv_has_ref(handle)) continue;
    return type;
  }
  return {};
}

int EventLoop::afterFork() { return uv_loop_fork(loop_); }
