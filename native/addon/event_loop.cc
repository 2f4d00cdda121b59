#include "addon/event_loop.h"

#include <cstdint>
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
struct uv_async_s {
  uint64_t handle[12];  // UV_HANDLE_FIELDS, the same since 1.0
  void (*callback)(uv_async_s*);
  void* queue[2];
  int pending;
};
int uv_loop_fork(uv_loop_s*);
void uv_walk(uv_loop_s*, void (*)(uv_handle_s*, void*), void*);
int uv_is_active(const uv_handle_s*);
int uv_async_send(uv_async_s*);
int uv_has_ref(const uv_handle_s*);
int uv_fileno(const uv_handle_s*, int*);
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

std::string EventLoop::newlyActive(int channel) const {
  if (loop_->active_reqs.count > 0) return "request";
  for (uv_handle_s* handle : handles()) {
    if (!uv_is_active(handle) || active_before_.contains(handle)) continue;
    const char* const type = uv_handle_type_name(uv_handle_get_type(handle));
    if (int fd; channel >= 0 && uv_fileno(handle, &fd) == 0 && fd == channel) continue;
    // Listeners for signals survive: libuv renews its signal pipe, and the run gets the dispositions back.
    if (strcmp(type, "signal") == 0) continue;
    // One handle, as old as the process, serves all timers of JavaScript. Later ones are V8's delayed tasks, which may come at any time.
    if (strcmp(type, "timer") == 0 && !idle_before_.contains(handle) && !uv_has_ref(handle)) continue;
    return type;
  }
  return {};
}

int EventLoop::afterFork() {
  // uv_loop_fork() forgets who was to be woken: V8's tasks for this thread would wait for the next one of theirs.
  std::vector<uv_async_s*> woken;
  for (uv_handle_s* handle : handles()) {
    if (strcmp(uv_handle_type_name(uv_handle_get_type(handle)), "async") != 0) continue;
    auto* const async = reinterpret_cast<uv_async_s*>(handle);
    if (async->pending) woken.push_back(async);
  }
  const int error = uv_loop_fork(loop_);
  for (uv_async_s* async : woken) uv_async_send(async);
  return error;
}
