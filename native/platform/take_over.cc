#include "platform/take_over.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include "platform/clock.h"
#include "platform/job.h"
#include "platform/worker_pool.h"

namespace {

using Platform = node::MultiIsolatePlatform;

// Never deleted: threads may still look at it while the process exits.
WorkerPool* pool = nullptr;

// ---- What takes the place of Node's functions. As free functions they have the ABI of the member functions they replace: `this` is
// the first parameter (Itanium C++ ABI, 3.1.1).

// From here on Node waits, at its end, for what blocks the user only (nodejs/node PR 58047).
constexpr auto AWAITED_AT_END = V8_MAJOR_VERSION < 14 ? v8::TaskPriority::kBestEffort : v8::TaskPriority::kUserBlocking;

// Node calls this when the loop runs dry, to let background work finish, whose results may come as foreground tasks. Those that background
// work waits for are done meanwhile: without that Node itself hangs now and then (nodejs/node issue 54918).
void drainTasks(Platform* self, v8::Isolate* isolate) {
  do while (!pool->drain(AWAITED_AT_END)) self->FlushForegroundTasks(isolate);
  while (self->FlushForegroundTasks(isolate));
}

// Node's calls uv_hrtime(), which is how programs read the clock, too (observer/readings.h); V8 does for each collection.
double monotonicTime(Platform*) { return static_cast<double>(nowNs(CLOCK_MONOTONIC)) / 1e9; }

// For Date: counted (observer/readings.h), each time that a program asks.
double clockTime(Platform*) {
  static const auto note = reinterpret_cast<void (*)()>(dlsym(RTLD_DEFAULT, "instastart_note_date"));
  if (note) note();
  return static_cast<double>(nowNs(CLOCK_REALTIME) / 1000) / 1e3;
}

#if V8_MAJOR_VERSION < 12
void callOnWorker(Platform*, std::unique_ptr<v8::Task> task) { pool->post(v8::TaskPriority::kUserVisible, std::move(task)); }
void callBlockingOnWorker(Platform*, std::unique_ptr<v8::Task> task) { pool->post(v8::TaskPriority::kUserBlocking, std::move(task)); }
void callLowPriorityOnWorker(Platform*, std::unique_ptr<v8::Task> task) { pool->post(v8::TaskPriority::kBestEffort, std::move(task)); }
void callDelayedOnWorker(Platform*, std::unique_ptr<v8::Task> task, double seconds) {
  pool->postDelayed(v8::TaskPriority::kUserVisible, std::move(task), seconds);
}
std::unique_ptr<v8::JobHandle> createPlatformJob(Platform*, v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task) {
  return createJob(*pool, priority, std::move(task));
}
std::unique_ptr<v8::JobHandle> postPlatformJob(Platform*, v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task) {
  std::unique_ptr<v8::JobHandle> job = createJob(*pool, priority, std::move(task));
  job->NotifyConcurrencyIncrease();
  return job;
}
#else
void postTask(Platform*, v8::TaskPriority priority, std::unique_ptr<v8::Task> task, const v8::SourceLocation&) { pool->post(priority, std::move(task)); }
void postDelayedTask(Platform*, v8::TaskPriority priority, std::unique_ptr<v8::Task> task, double seconds, const v8::SourceLocation&) {
  pool->postDelayed(priority, std::move(task), seconds);
}
std::unique_ptr<v8::JobHandle> createPlatformJob(Platform*, v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task, const v8::SourceLocation&) {
  return createJob(*pool, priority, std::move(task));
}
#endif

// ---- The virtual table.

// Larger than that of NodePlatform in any version; what is copied beyond its end is never used.
enum { TABLE_SLOTS = 96, BEFORE_TABLE = 2 /* offset to top, type information */ };

// The slot of a virtual function: a pointer to a virtual member is one more than the slot's offset (Itanium C++ ABI, 2.3).
template <typename Method>
size_t slotOf(Method method) {
  uintptr_t words[2];
  static_assert(sizeof method == sizeof words);
  memcpy(words, &method, sizeof words);
  return (words[0] - 1) / sizeof(void*);
}

// For access to what is protected in v8::Platform.
struct Slots : Platform {
  template <typename Replace>
  static void replaceAll(Replace replace) {
    replace(slotOf(&Slots::DrainTasks), reinterpret_cast<void*>(&drainTasks));
    replace(slotOf(&Slots::CurrentClockTimeMillis), reinterpret_cast<void*>(&clockTime));
    replace(slotOf(&Slots::MonotonicallyIncreasingTime), reinterpret_cast<void*>(&monotonicTime));
#if V8_MAJOR_VERSION < 12
    replace(slotOf(&Slots::CallOnWorkerThread), reinterpret_cast<void*>(&callOnWorker));
    replace(slotOf(&Slots::CallBlockingTaskOnWorkerThread), reinterpret_cast<void*>(&callBlockingOnWorker));
    replace(slotOf(&Slots::CallLowPriorityTaskOnWorkerThread), reinterpret_cast<void*>(&callLowPriorityOnWorker));
    replace(slotOf(&Slots::CallDelayedOnWorkerThread), reinterpret_cast<void*>(&callDelayedOnWorker));
    replace(slotOf(&Slots::CreateJob), reinterpret_cast<void*>(&createPlatformJob));
    replace(slotOf(&Slots::PostJob), reinterpret_cast<void*>(&postPlatformJob));
#else
    replace(slotOf(&Slots::PostTaskOnWorkerThreadImpl), reinterpret_cast<void*>(&postTask));
    replace(slotOf(&Slots::PostDelayedTaskOnWorkerThreadImpl), reinterpret_cast<void*>(&postDelayedTask));
    replace(slotOf(&Slots::CreateJobImpl), reinterpret_cast<void*>(&createPlatformJob));
#endif
  }
};

void replaceTable(Platform* platform) {
  void** const original = *reinterpret_cast<void***>(platform);
  static void* table[BEFORE_TABLE + TABLE_SLOTS];
  memcpy(table, original - BEFORE_TABLE, sizeof table);
  Slots::replaceAll([](size_t slot, void* function) { table[BEFORE_TABLE + slot] = function; });
  *reinterpret_cast<void***>(platform) = table + BEFORE_TABLE;
}

// What V8 wants of this thread it does at the start of any function.
void answerInterrupts(v8::Isolate* isolate) {
  const v8::HandleScope scope(isolate);
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Script::Compile(context, v8::String::Empty(isolate)).ToLocalChecked()->Run(context).ToLocalChecked();
}

// ---- Bringing Node's own workers to rest.

struct Rendezvous {
  std::mutex mutex;
  std::condition_variable changed;
  size_t inside = 0;
  bool over = false;
};

class Barrier final : public v8::Task {
 public:
  explicit Barrier(std::shared_ptr<Rendezvous> rendezvous) : rendezvous_(std::move(rendezvous)) {}
  void Run() override {
    std::unique_lock lock(rendezvous_->mutex);
    rendezvous_->inside++;
    rendezvous_->changed.notify_all();
    while (!rendezvous_->over) rendezvous_->changed.wait(lock);
  }

 private:
  const std::shared_ptr<Rendezvous> rendezvous_;
};

// Tasks posted before the take-over may still be running, or queued. A barrier for each worker: once all are inside one at the same
// time, all earlier tasks are done, and no others will ever come.
bool bringWorkersToRest(Platform* platform, size_t workers) {
  const auto rendezvous = std::make_shared<Rendezvous>();
  for (size_t i = 0; i < workers; i++) platform->CallOnWorkerThread(std::make_unique<Barrier>(rendezvous));
  std::unique_lock lock(rendezvous->mutex);
  const bool met = rendezvous->changed.wait_for(lock, std::chrono::seconds(5), [&] { return rendezvous->inside == workers; });
  rendezvous->over = true;
  rendezvous->changed.notify_all();
  return met;
}

}  // namespace

bool takeOverPlatform(Platform* platform) {
  // Node counts the thread that only waits for delayed tasks.
  const int threads = platform->NumberOfWorkerThreads();
  const size_t workers = threads > 1 ? static_cast<size_t>(threads - 1) : 1;
  if (!bringWorkersToRest(platform, workers)) return false;
  pool = new WorkerPool(workers);
  replaceTable(platform);
  return true;
}

void quiescePlatform() {
  while (!pool->drain(v8::TaskPriority::kBestEffort)) answerInterrupts(v8::Isolate::GetCurrent());
  pool->quiesce();
}
