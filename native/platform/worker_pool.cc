#include "platform/worker_pool.h"

#include <chrono>
#include <csignal>

static double monotonicSeconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void WorkerPool::post(v8::TaskPriority priority, std::unique_ptr<v8::Task> task) {
  std::unique_lock lock(mutex_);
  queues_[static_cast<size_t>(priority)].push_back(std::move(task));
  // A thread that was notified counts as waiting until it runs, so each of those may have its task already.
  if (waiting_ < queued() && threads_.size() < size_) startThread();
  // Without any thread (the system gave none) the task waits for drain(), which then works itself.
  work_.notify_one();
}

void WorkerPool::postDelayed(v8::TaskPriority priority, std::unique_ptr<v8::Task> task, double delay_seconds) {
  std::unique_lock lock(mutex_);
  delayed_.emplace(monotonicSeconds() + delay_seconds, Delayed{priority, std::move(task)});
  if (threads_.empty()) startThread();
  // All of them: one of those that wait has to wait for an earlier moment from now on.
  work_.notify_all();
}

void WorkerPool::startThread() {
  // Node's signals are for its main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const auto run = [](void* pool) -> void* {
    static_cast<WorkerPool*>(pool)->work();
    return nullptr;
  };
  if (pthread_create(&thread, nullptr, run, this) == 0) {
    threads_.push_back(thread);
    // By this name the zygote knows it from threads that modules start (loader/zygote/thread-count.ts).
    pthread_setname_np(thread, "instastart");
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

size_t WorkerPool::queued() const {
  size_t count = 0;
  for (const auto& queue : queues_) count += queue.size();
  return count;
}

void WorkerPool::queueDue() {
  const double now = monotonicSeconds();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    Delayed& first = delayed_.begin()->second;
    queues_[static_cast<size_t>(first.priority)].push_back(std::move(first.task));
    delayed_.erase(delayed_.begin());
  }
}

// Null once the pool is ending. Most urgent first.
std::unique_ptr<v8::Task> WorkerPool::take(std::unique_lock<std::mutex>& lock, size_t* priority) {
  for (;;) {
    queueDue();
    for (*priority = PRIORITIES; (*priority)-- > 0;) {
      auto& queue = queues_[*priority];
      if (queue.empty()) continue;
      std::unique_ptr<v8::Task> task = std::move(queue.front());
      queue.pop_front();
      return task;
    }
    if (ending_) return nullptr;
    waiting_++;
    if (delayed_.empty()) work_.wait(lock);
    else work_.wait_for(lock, std::chrono::duration<double>(delayed_.begin()->first - monotonicSeconds()));
    waiting_--;
  }
}

void WorkerPool::run(std::unique_lock<std::mutex>& lock, std::unique_ptr<v8::Task> task, size_t priority) {
  running_[priority]++;
  lock.unlock();
  task->Run();
  task.reset();
  lock.lock();
  running_[priority]--;
  if (running_[priority] == 0 && queues_[priority].empty()) idle_.notify_all();
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  size_t priority;
  while (std::unique_ptr<v8::Task> task = take(lock, &priority)) run(lock, std::move(task), priority);
}

bool WorkerPool::drain(v8::TaskPriority least) {
  const auto isDrained = [&] {
    for (size_t priority = static_cast<size_t>(least); priority < PRIORITIES; priority++) {
      if (running_[priority] > 0 || !queues_[priority].empty()) return false;
    }
    return true;
  };
  std::unique_lock lock(mutex_);
  if (isDrained()) return true;
  if (threads_.empty()) startThread();
  if (!threads_.empty()) return idle_.wait_for(lock, std::chrono::milliseconds(1), isDrained);
  size_t priority;
  std::unique_ptr<v8::Task> task = take(lock, &priority);
  run(lock, std::move(task), priority);
  return isDrained();
}

void WorkerPool::quiesce() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  work_.notify_all();
  const std::vector<pthread_t> threads = std::move(threads_);
  threads_.clear();
  lock.unlock();
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  lock.lock();
  ending_ = false;
}
