// The platform's pool and jobs without V8, which they need the headers of only.
#include <atomic>
#include <chrono>
#include <sys/wait.h>
#include <thread>
#include "native/testing.h"
#include "platform/job.h"
#include "platform/worker_pool.h"

using namespace std::chrono_literals;
using v8::TaskPriority;

namespace {

struct Function final : v8::Task {
  explicit Function(std::function<void()> body) : body_(std::move(body)) {}
  void Run() override { body_(); }
  std::function<void()> body_;
};

// With threads it cannot be deleted.
struct Pool : WorkerPool {
  using WorkerPool::WorkerPool;
  void drainAll() { while (!drain(TaskPriority::kBestEffort)) continue; }
  ~Pool() { quiesce(); }
};

std::unique_ptr<v8::Task> task(std::function<void()> body) { return std::make_unique<Function>(std::move(body)); }

size_t threads() {
  size_t count = 0;
  FILE* status = fopen("/proc/self/status", "re");
  for (char line[256]; fgets(line, sizeof line, status);) sscanf(line, "Threads: %zu", &count);
  fclose(status);
  return count;
}

template <typename Condition>
void until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(1ms);
}

// The kernel counts a thread for a moment longer than pthread_join() waits for it.
void untilAlone() {
  for (int i = 0; i < 1000 && threads() > 1; i++) std::this_thread::sleep_for(1ms);
  CHECK(threads() == 1);
}

// Work in `items`, which each call of Run() takes some of; more may be added meanwhile.
struct Items {
  std::atomic<int> left{0}, done{0}, inside{0}, most{0};
  std::atomic<bool> hold{false};
};

struct ItemsJob final : v8::JobTask {
  explicit ItemsJob(Items& items) : items_(items) {}
  void Run(v8::JobDelegate* delegate) override {
    const int inside = ++items_.inside;
    for (int most = items_.most; inside > most && !items_.most.compare_exchange_weak(most, inside);) continue;
    CHECK(delegate->GetTaskId() < 32);
    while (!delegate->ShouldYield()) {
      if (items_.hold) {
        std::this_thread::sleep_for(1ms);
        continue;
      }
      int left = items_.left;
      while (left > 0 && !items_.left.compare_exchange_weak(left, left - 1)) continue;
      if (left <= 0) break;
      items_.done++;
    }
    items_.inside--;
  }
  size_t GetMaxConcurrency(size_t) const override { return static_cast<size_t>(std::max(0, items_.left.load())) + static_cast<size_t>(items_.inside.load()); }
  Items& items_;
};

void tasksRun() {
  Pool pool(4);
  std::atomic<int> count = 0;
  for (int i = 0; i < 10'000; i++) pool.post(static_cast<TaskPriority>(i % 3), task([&] { count++; }));
  pool.drainAll();
  CHECK(count == 10'000);
  CHECK(threads() <= 5);
}

// Each waits for the others: with fewer threads than tasks that would be for ever.
void asManyAtATimeAsThereAreThreads() {
  for (int round = 0; round < 200; round++) {
    Pool pool(4);
    // A thread that waits: it cannot take them all.
    pool.post(TaskPriority::kUserVisible, task([] {}));
    pool.drainAll();
    std::this_thread::sleep_for(200us);
    std::atomic<int> inside = 0;
    for (int i = 0; i < 4; i++) pool.post(TaskPriority::kUserVisible, task([&] { inside++; until([&] { return inside == 4; }); }));
  }
}

void urgentFirst() {
  Pool pool(1);
  std::atomic<bool> started = false, go = false;
  pool.post(TaskPriority::kUserVisible, task([&] { started = true; until([&] { return go.load(); }); }));
  until([&] { return started.load(); });
  std::string order;
  pool.post(TaskPriority::kBestEffort, task([&] { order += 'c'; }));
  pool.post(TaskPriority::kUserVisible, task([&] { order += 'b'; }));
  pool.post(TaskPriority::kUserBlocking, task([&] { order += 'a'; }));
  go = true;
  pool.drainAll();
  CHECK(order == "abc");
}

void tasksPostTasks() {
  Pool pool(2);
  std::atomic<int> count = 0;
  std::function<void(int)> post = [&](int depth) {
    pool.post(TaskPriority::kUserVisible, task([&, depth] { count++; if (depth > 0) post(depth - 1), post(depth - 1); }));
  };
  post(10);
  pool.drainAll();
  CHECK(count == 2047);
}

// As a compilation does that finds no memory.
void tasksWaitForTheCaller() {
  Pool pool(2);
  std::atomic<bool> asked = false, answered = false;
  pool.post(TaskPriority::kUserVisible, task([&] { asked = true; until([&] { return answered.load(); }); }));
  while (!pool.drain(TaskPriority::kBestEffort)) {
    if (asked) answered = true;
  }
  CHECK(answered);
}

void lesserTasksAreNotWaitedFor() {
  Pool pool(2);
  std::atomic<bool> go = false, done = false;
  pool.post(TaskPriority::kUserVisible, task([&] { until([&] { return go.load(); }); }));
  pool.post(TaskPriority::kUserBlocking, task([&] { std::this_thread::sleep_for(5ms); done = true; }));
  while (!pool.drain(TaskPriority::kUserBlocking)) continue;
  CHECK(done);
  CHECK(!pool.drain(TaskPriority::kUserVisible));
  go = true;
  pool.drainAll();
}

void delayedTasks() {
  Pool pool(2);
  std::atomic<int> count = 0;
  const auto start = std::chrono::steady_clock::now();
  pool.postDelayed(TaskPriority::kUserVisible, task([&] { count += 10; }), 0.2);
  pool.postDelayed(TaskPriority::kUserVisible, task([&] { count += 1; }), 0.05);
  pool.drainAll();
  CHECK(count == 0);  // Those whose time has not come do not count.
  until([&] { return count > 0; });
  CHECK(count == 1);
  until([&] { return count == 11; });
  CHECK(std::chrono::steady_clock::now() - start >= 200ms);
}

void delayedTasksSurviveQuiescing() {
  Pool pool(2);
  std::atomic<int> count = 0;
  pool.postDelayed(TaskPriority::kUserVisible, task([&] { count++; }), 0.1);
  pool.quiesce();
  CHECK(count == 0);
  untilAlone();
  std::this_thread::sleep_for(150ms);
  pool.post(TaskPriority::kUserVisible, task([] {}));
  until([&] { return count == 1; });
}

void noThreadIsLeft() {
  for (int round = 0; round < 200; round++) {
    Pool pool(4);
    std::atomic<int> count = 0;
    for (int i = 0; i < 20; i++) pool.post(TaskPriority::kUserVisible, task([&] { count++; }));
    pool.quiesce();
    CHECK(count == 20);
    untilAlone();
  }
}

void expectInChild(const std::function<void()>& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    body();
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void startsAgainOnBothSidesOfAFork() {
  Pool pool(4);
  for (int round = 0; round < 100; round++) {
    std::atomic<int> count = 0;
    const auto work = [&] {
      for (int i = 0; i < 50; i++) pool.post(TaskPriority::kUserVisible, task([&] { count++; }));
      pool.drainAll();
      CHECK(count == 50);
    };
    work();
    pool.quiesce();
    count = 0;
    // And forks of forks.
    expectInChild([&] {
      work();
      pool.quiesce();
      count = 0;
      expectInChild(work);
    });
    work();
    pool.quiesce();
  }
}

void jobsJoin() {
  for (int round = 0; round < 200; round++) {
    Pool pool(4);
    Items items;
    items.left = 5000;
    auto job = createJob(pool, TaskPriority::kUserVisible, std::make_unique<ItemsJob>(items));
    job->NotifyConcurrencyIncrease();
    job->Join();
    CHECK(items.done == 5000 && items.inside == 0);
    CHECK(items.most <= 5);  // The joining thread works along.
    CHECK(!job->IsValid());
  }
}

void jobsGrowMeanwhile() {
  for (int round = 0; round < 100; round++) {
    Pool pool(4);
    Items items;
    items.left = 10;
    auto job = createJob(pool, TaskPriority::kUserVisible, std::make_unique<ItemsJob>(items));
    job->NotifyConcurrencyIncrease();
    for (int i = 0; i < 100; i++) {
      items.left += 10;
      job->NotifyConcurrencyIncrease();
    }
    job->Join();
    CHECK(items.done == 1010);
  }
}

void jobsWithoutWorkEnd() {
  Pool pool(2);
  Items items;
  auto job = createJob(pool, TaskPriority::kUserVisible, std::make_unique<ItemsJob>(items));
  CHECK(job->IsValid() && !job->IsActive());
  job->Join();
}

// `cancel` meets workers that are inside and not done, or (where `may_be_early`, every other time) perhaps none yet.
template <typename Cancel>
void whileHeld(bool may_be_early, Cancel cancel) {
  for (int round = 0; round < 100; round++) {
    Pool pool(4);
    Items items;
    items.hold = true;
    items.left = 1000;
    auto job = createJob(pool, TaskPriority::kUserVisible, std::make_unique<ItemsJob>(items));
    job->NotifyConcurrencyIncrease();
    if (!may_be_early || round % 2) until([&] { return items.inside > 0; });
    cancel(*job, items);
    pool.drainAll();
    CHECK(items.inside == 0 && items.done == 0);
  }
}

void jobsCancel() {
  whileHeld(true, [](v8::JobHandle& job, Items& items) {
    job.Cancel();
    // It waits for those inside, and no more will come.
    CHECK(items.inside == 0);
  });
}

void jobsCancelAndDetach() {
  whileHeld(false, [](v8::JobHandle& job, Items&) {
    job.CancelAndDetach();
    CHECK(!job.IsValid());
  });
}

void jobsChangePriority() {
  Pool pool(2);
  Items items;
  items.left = 100;
  auto job = createJob(pool, TaskPriority::kBestEffort, std::make_unique<ItemsJob>(items));
  CHECK(job->UpdatePriorityEnabled());
  job->UpdatePriority(TaskPriority::kUserBlocking);
  job->NotifyConcurrencyIncrease();
  job->Join();
  CHECK(items.done == 100);
}

const std::vector<NamedTest> tests = {
    {"tasks run, on no more threads than there may be", tasksRun},
    {"as many run at a time as there are threads", asManyAtATimeAsThereAreThreads},
    {"the most urgent runs first", urgentFirst},
    {"drain waits for what tasks post", tasksPostTasks},
    {"drain comes back to a caller that a task waits for", tasksWaitForTheCaller},
    {"drain does not wait for what is less urgent", lesserTasksAreNotWaitedFor},
    {"delayed tasks run when their time has come", delayedTasks},
    {"delayed tasks survive quiescing", delayedTasksSurviveQuiescing},
    {"no thread is left after quiescing", noThreadIsLeft},
    {"the pool starts again on both sides of a fork, and in forks of forks", startsAgainOnBothSidesOfAFork},
    {"join works along until all is done", jobsJoin},
    {"a job grows while it runs", jobsGrowMeanwhile},
    {"a job without work ends at once", jobsWithoutWorkEnd},
    {"cancel waits for the workers", jobsCancel},
    {"cancel-and-detach does not", jobsCancelAndDetach},
    {"a job's priority changes", jobsChangePriority},
};

}  // namespace

int main(int count, char** arguments) { return runNamed(tests, count, arguments); }
