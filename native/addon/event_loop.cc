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
int uv_handle_get_type(const uv_handle_s*);
const char* uv_handle_type_name(int);
}

std::unordered_set<void*> EventLoop::active() const {
  std::unordered_set<void*> found;
  auto add = [](uv_handle_s* handle, void* into) {
    if (uv_is_active(handle)) static_cast<std::unordered_set<void*>*>(into)->insert(handle);
  };
  uv_walk(loop_, add, &found);
  return found;
}

void EventLoop::rememberActive() { known_ = active(); }

std::string EventLoop::newlyActive() const {
  if (loop_->active_reqs.count > 0) return "request";
  for (void* handle : active()) {
    const char* const type = uv_handle_type_name(uv_handle_get_type(static_cast<uv_handle_s*>(handle)));
    // Listeners for signals survive: libuv renews its signal pipe, and the run gets the dispositions back.
    if (!known_.contains(handle) && strcmp(type, "signal") != 0) return type;
  }
  return {};
}

int EventLoop::afterFork() { return uv_loop_fork(loop_); }
