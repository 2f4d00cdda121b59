// Worker threads that can be joined before a fork and start again on first use, on both sides. V8's and Node's own cannot.
// Deleted, if at all, only without threads: after quiesce().
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <v8-platform.h>
#include <vector>

class WorkerPool {
 public:
  explicit WorkerPool(size_t size) : size_(size) {}

  size_t size() const { return size_; }
  void post(v8::TaskPriority priority, std::unique_ptr<v8::Task> task);
  void postDelayed(v8::TaskPriority priority, std::unique_ptr<v8::Task> task, double delay_seconds);

  // Waits until nothing of this priority or above is queued or running, at most for a moment (1 ms): false if there still is. A task may wait
  // for the caller's thread: a compilation that finds no memory waits until the thread of its isolate collects garbage. So the caller does
  // between two calls whatever it was asked to do. Tasks whose time has not come do not count.
  bool drain(v8::TaskPriority least);

  // Ends all threads. To be called when all is drained, and nobody posts meanwhile. Afterwards the process may fork.
  void quiesce();

 private:
  enum { PRIORITIES = 3 };
  void startThread();
  std::unique_ptr<v8::Task> take(std::unique_lock<std::mutex>& lock, size_t* priority);
  void work();
  void run(std::unique_lock<std::mutex>& lock, std::unique_ptr<v8::Task> task, size_t priority);
  size_t queued() const;
  void queueDue();

  const size_t size_;
  std::mutex mutex_;
  std::condition_variable work_, idle_;
  std::deque<std::unique_ptr<v8::Task>> queues_[PRIORITIES];
  struct Delayed {
    v8::TaskPriority priority;
    std::unique_ptr<v8::Task> task;
  };
  std::multimap<double, Delayed> delayed_;  // by when they are due, in monotonic seconds
  std::vector<pthread_t> threads_;
  size_t waiting_ = 0, running_[PRIORITIES] = {};
  bool ending_ = false;
};
