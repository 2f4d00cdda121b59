#include "addon/event_loop.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include "addon/open_files.h"

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
struct uv_work_s;
size_t uv_req_size(int);
int uv_queue_work(uv_loop_s*, uv_work_s*, void (*)(uv_work_s*), void (*)(uv_work_s*, int));
int uv_loop_fork(uv_loop_s*);
void uv_walk(uv_loop_s*, void (*)(uv_handle_s*, void*), void*);
int uv_is_active(const uv_handle_s*);
int uv_async_send(uv_async_s*);
int uv_has_ref(const uv_handle_s*);
int uv_fileno(const uv_handle_s*, int*);
int uv_handle_get_type(const uv_handle_s*);
const char* uv_handle_type_name(int);
}

enum { WORK_TYPE = 7 /* UV_WORK in uv_req_type */, LONGEST_SETTLING_SECONDS = 2 };

std::vector<uv_handle_s*> EventLoop::handles() const {
  std::vector<uv_handle_s*> found;
  uv_walk(loop_, [](uv_handle_s* handle, void* into) { static_cast<std::vector<uv_handle_s*>*>(into)->push_back(handle); }, &found);
  return found;
}

void EventLoop::rememberFiles() { files_before_ = openFiles(); }

void EventLoop::remember() {
  for (uv_handle_s* handle : handles()) (uv_is_active(handle) ? active_before_ : idle_before_).insert(handle);
}

// Nothing but callbacks: at each turn of the loop (setImmediate()), or when another thread wants it, of which there is none.
static bool isOfMemoryOnly(const char* type) {
  return strcmp(type, "idle") == 0 || strcmp(type, "check") == 0 || strcmp(type, "prepare") == 0 || strcmp(type, "async") == 0;
}

static bool isTimer(uv_handle_s* handle) { return strcmp(uv_handle_type_name(uv_handle_get_type(handle)), "timer") == 0; }

bool EventLoop::hasTimers() const {
  const std::vector<uv_handle_s*> all = handles();
  return std::any_of(all.begin(), all.end(), [&](uv_handle_s* handle) { return isTimer(handle) && idle_before_.contains(handle) && uv_is_active(handle); });
}

std::string EventLoop::newlyActive(int channel, Timers timers) const {
  for (uv_handle_s* handle : handles()) {
    if (!uv_is_active(handle) || active_before_.contains(handle)) continue;
    const char* const type = uv_handle_type_name(uv_handle_get_type(handle));
    if (int fd; channel >= 0 && uv_fileno(handle, &fd) == 0 && fd == channel) continue;
    // Listeners for signals survive: libuv renews its signal pipe, and the run gets the dispositions back.
    if (strcmp(type, "signal") == 0 || isOfMemoryOnly(type)) continue;
    // One handle, as old as the process, serves all timers of JavaScript. Later ones are V8's delayed tasks, which may come at any time.
    if (isTimer(handle) && (idle_before_.contains(handle) ? timers == Timers::ignored : !uv_has_ref(handle))) continue;
    return type;
  }
  return {};
}

namespace {

// All of the pool's threads at one place at the same time: then whatever it was given before is done. They stay there, and no fork has them.
struct Meeting {
  std::mutex mutex;
  std::condition_variable changed;
  size_t inside = 0;
};

// As in libuv's src/threadpool.c.
size_t poolSize() {
  const char* const setting = getenv("UV_THREADPOOL_SIZE");
  const auto size = setting ? static_cast<unsigned>(atoi(setting)) : 4U;
  return std::clamp(size, 1U, 1024U);
}

// A request begins with a pointer for its owner (uv.h, UV_REQ_FIELDS).
void stay(uv_work_s* work) {
  Meeting& meeting = **reinterpret_cast<Meeting**>(work);
  std::unique_lock lock(meeting.mutex);
  meeting.inside++;
  meeting.changed.notify_all();
  for (;;) meeting.changed.wait(lock);
}

}  // namespace

bool EventLoop::settleRequests() {
  if (loop_->active_reqs.count == 0) return true;
  const size_t size = poolSize();
  Meeting& meeting = *new Meeting;  // never destroyed: threads wait in it
  for (size_t i = 0; i < size; i++) {
    auto* const work = static_cast<uv_work_s*>(calloc(1, uv_req_size(WORK_TYPE)));
    *reinterpret_cast<Meeting**>(work) = &meeting;
    if (uv_queue_work(loop_, work, stay, nullptr) != 0) return false;
  }
  // Nobody is to wait for these.
  loop_->active_reqs.count -= static_cast<unsigned>(size);
  std::unique_lock lock(meeting.mutex);
  const bool is_settled = meeting.changed.wait_for(lock, std::chrono::seconds(LONGEST_SETTLING_SECONDS), [&] { return meeting.inside == size; });
  // What has only been opened so far would be read by all runs at one place.
  return is_settled && openFiles() <= files_before_;
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
