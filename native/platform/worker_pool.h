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

  // Waits until nothing is queued or running. Tasks whose time has not come do not count.
  void drain();

  // Drains, then ends all threads. The caller sees to it that nobody posts meanwhile. Afterwards the process may fork.
  void quiesce();

 private:
  enum { PRIORITIES = 3 };
  void startThread();
  std::unique_ptr<v8::Task> take(std::unique_lock<std::mutex>& lock);
  void work();
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
  size_t waiting_ = 0, running_ = 0;
  bool ending_ = false;
};
