#include "platform/job.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace {

// Shared by the handle and by the tasks that were posted for it; the last one deletes it and the job's task.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(WorkerPool& pool, v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task)
      : pool_(pool), task_(std::move(task)), priority_(priority), most_workers_(std::min<size_t>(pool.size(), TASK_IDS - 1)) {}

  void notifyConcurrencyIncrease() {
    size_t missing;
    {
      std::lock_guard lock(mutex_);
      missing = reserveMissing(active_);
    }
    postWorkers(missing);
  }

  void join() {
    size_t missing;
    {
      std::unique_lock lock(mutex_);
      priority_ = v8::TaskPriority::kUserBlocking;
      // The joining thread works along.
      most_workers_++;
      active_++;
      if (!mayContribute(lock)) return;
      missing = reserveMissing(active_ - 1);
    }
    postWorkers(missing);
    for (;;) {
      runOnce(true);
      std::unique_lock lock(mutex_);
      if (!mayContribute(lock)) return;
    }
  }

  void cancelAndWait() {
    std::unique_lock lock(mutex_);
    canceled_ = true;
    while (active_ > 0) released_.wait(lock);
  }

  void cancelAndDetach() {
    std::lock_guard lock(mutex_);
    canceled_ = true;
  }

  bool isActive() {
    std::lock_guard lock(mutex_);
    return active_ > 0 || task_->GetMaxConcurrency(0) > 0;
  }

  void setPriority(v8::TaskPriority priority) {
    std::lock_guard lock(mutex_);
    priority_ = priority;
  }

  bool shouldYield() const { return canceled_; }

  uint8_t acquireId() {
    uint32_t taken = ids_.load(std::memory_order_relaxed);
    for (;;) {
      const int id = __builtin_ctz(~taken);
      if (ids_.compare_exchange_weak(taken, taken | 1U << id, std::memory_order_acquire)) return static_cast<uint8_t>(id);
    }
  }
  void releaseId(uint8_t id) { ids_.fetch_and(~(1U << id), std::memory_order_release); }

 private:
  enum { TASK_IDS = 32 };
  friend class Worker;

  // How many threads may work, given how many others do.
  size_t limit(size_t others) const { return std::min(task_->GetMaxConcurrency(others), most_workers_); }

  // Counts as pending, and returns, the workers that should be posted now.
  size_t reserveMissing(size_t others) {
    if (canceled_) return 0;
    const size_t wanted = limit(others), there = active_ + pending_;
    const size_t missing = wanted > there ? wanted - there : 0;
    pending_ += missing;
    return missing;
  }

  void postWorkers(size_t count);

  bool startWorker() {
    std::lock_guard lock(mutex_);
    pending_--;
    if (canceled_ || active_ >= limit(active_)) return false;
    active_++;
    return true;
  }

  // After a round: true if this worker should go on.
  bool continueWorker() {
    size_t missing;
    {
      std::lock_guard lock(mutex_);
      if (canceled_ || active_ > limit(active_ - 1)) {
        active_--;
        released_.notify_all();
        return false;
      }
      missing = reserveMissing(active_ - 1);
    }
    postWorkers(missing);
    return true;
  }

  // For the joining thread, which counts as active: waits until there is room for it, false once all work is done.
  bool mayContribute(std::unique_lock<std::mutex>& lock) {
    size_t most = limit(active_ - 1);
    while (active_ > most && active_ > 1) {
      released_.wait(lock);
      most = limit(active_ - 1);
    }
    if (active_ <= most) return true;
    active_ = 0;
    canceled_ = true;
    return false;
  }

  void runOnce(bool joining);

  WorkerPool& pool_;
  const std::unique_ptr<v8::JobTask> task_;
  std::mutex mutex_;
  std::condition_variable released_;
  v8::TaskPriority priority_;
  size_t most_workers_, active_ = 0, pending_ = 0;
  std::atomic<bool> canceled_ = false;
  std::atomic<uint32_t> ids_ = 0;
};

class Delegate final : public v8::JobDelegate {
 public:
  Delegate(Job& job, bool joining) : job_(job), joining_(joining) {}
  ~Delegate() {
    if (has_id_) job_.releaseId(id_);
  }
  bool ShouldYield() override { return job_.shouldYield(); }
  void NotifyConcurrencyIncrease() override { job_.notifyConcurrencyIncrease(); }
  uint8_t GetTaskId() override {
    if (!has_id_) id_ = job_.acquireId();
    has_id_ = true;
    return id_;
  }
  bool IsJoiningThread() const override { return joining_; }

 private:
  Job& job_;
  const bool joining_;
  bool has_id_ = false;
  uint8_t id_ = 0;
};

class Worker final : public v8::Task {
 public:
  explicit Worker(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  void Run() override {
    if (!job_->startWorker()) return;
    do job_->runOnce(false);
    while (job_->continueWorker());
  }

 private:
  const std::shared_ptr<Job> job_;
};

void Job::runOnce(bool joining) {
  Delegate delegate(*this, joining);
  task_->Run(&delegate);
}

void Job::postWorkers(size_t count) {
  for (; count > 0; count--) pool_.post(priority_, std::make_unique<Worker>(shared_from_this()));
}

class Handle final : public v8::JobHandle {
 public:
  explicit Handle(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  void NotifyConcurrencyIncrease() override { job_->notifyConcurrencyIncrease(); }
  void Join() override {
    job_->join();
    job_.reset();
  }
  void Cancel() override {
    job_->cancelAndWait();
    job_.reset();
  }
  void CancelAndDetach() override {
    job_->cancelAndDetach();
    job_.reset();
  }
  bool IsActive() override { return job_->isActive(); }
  bool IsValid() override { return job_ != nullptr; }
  bool UpdatePriorityEnabled() const override { return true; }
  void UpdatePriority(v8::TaskPriority priority) override { job_->setPriority(priority); }

 private:
  std::shared_ptr<Job> job_;
};

}  // namespace

std::unique_ptr<v8::JobHandle> createJob(WorkerPool& pool, v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task) {
  return std::make_unique<Handle>(std::make_shared<Job>(pool, priority, std::move(task)));
}
