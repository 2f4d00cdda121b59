#include "platform/start_time.h"

#include <algorithm>
#include <cstring>
#include <malloc.h>
#include <memory>
#include <v8-profiler.h>
#include <vector>
#include "platform/clock.h"

// Node's own (src/node.cc, src/node_perf.cc), by uv_hrtime() and in microseconds since 1970. Constants there, but made at run time.
namespace node {
namespace per_process {
extern uint64_t node_start_time __attribute__((weak));
}
namespace performance {
extern uint64_t performance_process_start __attribute__((weak));
extern double performance_process_start_timestamp __attribute__((weak));
}  // namespace performance
}  // namespace node

using node::performance::performance_process_start;
using node::performance::performance_process_start_timestamp;

namespace {

// Numbered as in src/node_perf_common.h. Those that follow tell how far Node had come when.
enum { ORIGIN_TIMESTAMP, ORIGIN, FIRST_LATER };

std::shared_ptr<v8::BackingStore>& milestones = *new std::shared_ptr<v8::BackingStore>;  // not freed: it would outlive V8
size_t milestone_count = 0;
std::vector<uint64_t*> origins;
std::vector<double*> timestamps;

// Node keeps its milestones in an array of JavaScript's, which only Node's own modules can reach. These two numbers begin no other.
class Milestones final : public v8::QueryObjectPredicate {
 public:
  bool Filter(v8::Local<v8::Object> object) override {
    if (!object->IsFloat64Array()) return false;
    const v8::Local<v8::Float64Array> array = object.As<v8::Float64Array>();
    double first[2];
    if (array->Length() <= FIRST_LATER || !array->HasBuffer() || array->CopyContents(first, sizeof first) != sizeof first) return false;
    return first[ORIGIN_TIMESTAMP] == performance_process_start_timestamp && first[ORIGIN] == static_cast<double>(performance_process_start);
  }
};

// The environment has copies: for what it tells PerformanceObservers of garbage collections.
void findCopies(node::Environment* environment) {
  char* const start = reinterpret_cast<char*>(environment);
  const size_t size = malloc_usable_size(environment);
  for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
    if (memcmp(start + at, &performance_process_start, sizeof(uint64_t)) == 0) origins.push_back(reinterpret_cast<uint64_t*>(start + at));
    if (memcmp(start + at, &performance_process_start_timestamp, sizeof(double)) == 0) timestamps.push_back(reinterpret_cast<double*>(start + at));
  }
}

}  // namespace

bool findStartTime(v8::Isolate* isolate, node::Environment* environment) {
  if (!&node::per_process::node_start_time || !&performance_process_start || !&performance_process_start_timestamp) return false;
  const v8::HandleScope scope(isolate);
  Milestones predicate;
  std::vector<v8::Global<v8::Object>> found;
  isolate->GetHeapProfiler()->QueryObjects(isolate->GetCurrentContext(), &predicate, &found);
  if (found.size() != 1) return false;
  milestones = found[0].Get(isolate).As<v8::Float64Array>()->Buffer()->GetBackingStore();
  milestone_count = found[0].Get(isolate).As<v8::Float64Array>()->Length();
  findCopies(environment);
  return true;
}

static void setTimestamp(double timestamp) {
  static_cast<double*>(milestones->Data())[ORIGIN_TIMESTAMP] = timestamp;
  for (double* copy : timestamps) *copy = timestamp;
  performance_process_start_timestamp = timestamp;
}

// In whole microseconds, as Node has it.
static double timestampBefore(uint64_t ns) { return static_cast<double>((nowNs(CLOCK_REALTIME) - ns) / 1000); }

void keepStartTime(uint64_t set_back_ns) { setTimestamp(timestampBefore(nowNs(CLOCK_MONOTONIC) - set_back_ns - performance_process_start)); }

void setStartTime(uint64_t started_ns) {
  const uint64_t now = nowNs(CLOCK_MONOTONIC);  // uv_hrtime()
  started_ns = std::min(started_ns, now);
  const uint64_t later = started_ns - performance_process_start;
  double* const numbers = static_cast<double*>(milestones->Data());
  // As far apart as they were, but none in the future: this process did not take that long.
  for (size_t i = FIRST_LATER; i < milestone_count; i++)
    if (numbers[i] > 0) numbers[i] = std::min(numbers[i] + static_cast<double>(later), static_cast<double>(now));
  numbers[ORIGIN] = static_cast<double>(started_ns);
  for (uint64_t* origin : origins) *origin = started_ns;
  setTimestamp(timestampBefore(now - started_ns));
  // Of unsigned numbers: later than now would be an age of centuries.
  node::per_process::node_start_time = std::min(node::per_process::node_start_time + later, now);
  performance_process_start = started_ns;
}
