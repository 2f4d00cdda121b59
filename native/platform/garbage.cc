#include "platform/garbage.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>
#include "platform/memory_reader.h"

namespace {

enum {
  ISOLATE = 512 * 1024,      // more than an isolate takes
  LARGEST_BLOCK = 64 * 1024,  // of those that it points at
  ARRAY = 4096,              // elements: a regular object of the young generation
  MOST_ROUNDS = 20,
  MOST_YOUNG = 4 << 20,      // a run touches twice as much
};

int64_t nowUs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

struct Period {
  int64_t from_us, to_us;
  bool has(int64_t us) const { return from_us <= us && us <= to_us; }
};

Period collect(v8::Isolate* isolate, v8::Isolate::GarbageCollectionType type) {
  const int64_t from_us = nowUs();
  v8::V8::SetFlagsFromString("--expose-gc");  // which RequestGarbageCollectionForTesting() insists on
  isolate->RequestGarbageCollectionForTesting(type);
  v8::V8::SetFlagsFromString("--no-expose-gc");
  return {from_us, nowUs()};
}

// ---- How fast V8 thinks the program allocates.

// V8 compares what was allocated since the last collection with the time since then (src/heap/gc-tracer.cc), and takes a program for idle that was
// parked: its young generation shrinks, and for five seconds of its work it does not grow again. V8 offers no way to tell it otherwise. Where it
// notes the time of a collection need not be known beforehand: that is where two collections have left theirs.
struct Place {
  int64_t* at;
  bool is_in_ms;  // and a double; otherwise in microseconds
};

bool isIn(const Period& period, int64_t word, bool is_in_ms) {
  if (!is_in_ms) return period.has(word);
  double ms;
  memcpy(&ms, &word, sizeof ms);
  return period.from_us <= ms * 1000 && ms * 1000 <= period.to_us;
}

std::vector<Place>& places = *new std::vector<Place>;  // not freed: it would outlive V8
Period noted;  // what stands there is in it

// In what the isolate points at, of the allocator's (its size stands in front of it: malloc/malloc.c), and in the isolate itself.
std::vector<Place> findPlaces(v8::Isolate* isolate, const Period& period) {
  const MemoryReader memory;
  std::vector<Place> found;
  std::vector<int64_t> words;
  const auto look = [&](uintptr_t start, size_t length) {
    words.resize(length / sizeof(int64_t));
    words.resize(memory.read(start, words.data(), words.size() * sizeof(int64_t)) / sizeof(int64_t));
    for (size_t i = 0; i < words.size(); i++) {
      for (bool is_in_ms : {false, true})
        if (isIn(period, words[i], is_in_ms)) found.push_back({reinterpret_cast<int64_t*>(start) + i, is_in_ms});
    }
  };
  look(reinterpret_cast<uintptr_t>(isolate), ISOLATE);
  std::vector<uintptr_t> blocks(words.begin(), words.end());
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  for (const uintptr_t block : blocks) {
    size_t size = 0;
    if (block % 16 != 0 || block < 1 << 16 || block >> 47 != 0 || memory.read(block - sizeof size, &size, sizeof size) != sizeof size) continue;
    size &= ~size_t{15};
    if (size > 16 && size <= LARGEST_BLOCK) look(block, size - sizeof size);
  }
  // Not all of these begin a block: some were found twice.
  const auto order = [](const Place& place) { return std::pair(place.at, place.is_in_ms); };
  std::sort(found.begin(), found.end(), [&](const Place& one, const Place& other) { return order(one) < order(other); });
  found.erase(std::unique(found.begin(), found.end(), [&](const Place& one, const Place& other) { return order(one) == order(other); }), found.end());
  return found;
}

// What was freed meanwhile need not be there any more.
void keepPlaces(const Period& period) {
  const MemoryReader memory;
  std::erase_if(places, [&](const Place& place) {
    int64_t word;
    return memory.read(reinterpret_cast<uintptr_t>(place.at), &word, sizeof word) != sizeof word || !isIn(period, word, place.is_in_ms);
  });
}

// ---- The young generation.

size_t youngCapacity(v8::Isolate* isolate) {
  v8::HeapSpaceStatistics space;
  for (size_t i = 0; i < isolate->NumberOfHeapSpaces(); i++)
    if (isolate->GetHeapSpaceStatistics(&space, i) && strcmp(space.space_name(), "new_space") == 0) return space.space_used_size() + space.space_available_size();
  return 0;
}

// V8 lets it grow when as much has survived as it holds. What does so here is gone at the next collection, so that it becomes no garbage of the old
// generation.
void growYoung(v8::Isolate* isolate, size_t wanted) {
  for (int round = 0; round < MOST_ROUNDS; round++) {
    const size_t capacity = youngCapacity(isolate);
    if (capacity == 0 || capacity * 2 > wanted) break;
    {
      const v8::HandleScope scope(isolate);
      for (size_t bytes = 0; bytes < capacity / 2; bytes += ARRAY * sizeof(void*)) v8::Array::New(isolate, ARRAY);
      collect(isolate, v8::Isolate::kMinorGarbageCollection);
    }
    collect(isolate, v8::Isolate::kMinorGarbageCollection);
  }
}

}  // namespace

void collectGarbage(v8::Isolate* isolate, Extent extent) {
  const size_t young = youngCapacity(isolate);
  if (extent == Extent::thorough) {
    // Not LowMemoryNotification(), whose repeated collections also drop the bytecode of functions not called lately.
    isolate->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
    isolate->MemoryPressureNotification(v8::MemoryPressureLevel::kNone);
    places = findPlaces(isolate, collect(isolate, v8::Isolate::kFullGarbageCollection));
  }
  // A full collection sets how large the heap may become before the next, for a program that collects all the time to a tenth more. Four times as
  // much is what V8 allows one of which it knows nothing (src/heap/heap-controller.cc).
  v8::V8::SetFlagsFromString("--heap-growing-percent=300");
  // Without more ado: it ends the marking that the one before may have begun. Under way at a fork, it would go on in every run, at the price of a
  // copy of every page it touches.
  const Period last = collect(isolate, extent == Extent::young ? v8::Isolate::kMinorGarbageCollection : v8::Isolate::kFullGarbageCollection);
  if (extent == Extent::thorough) {
    keepPlaces(last);
    growYoung(isolate, std::min<size_t>(young, MOST_YOUNG));
  }
  v8::V8::SetFlagsFromString("--heap-growing-percent=0");
  // Sweeping under way would go on in the runs, too; asking for statistics ends it, as they need a heap without unswept pages.
  v8::HeapCodeStatistics statistics;
  isolate->GetHeapCodeAndMetadataStatistics(&statistics);
  noted = {last.from_us, nowUs()};
  keepPlaces(noted);
}

void skipTimeParked() {
  const int64_t us = nowUs() - noted.to_us;
  for (const auto& [at, is_in_ms] : places) {
    // Another value would be somebody else's, who has that memory now.
    if (!isIn(noted, *at, is_in_ms)) continue;
    double ms;
    memcpy(&ms, at, sizeof ms);
    ms += static_cast<double>(us) / 1000;
    if (is_in_ms) memcpy(at, &ms, sizeof ms);
    else *at += us;
  }
  noted.from_us += us;
  noted.to_us += us;
}
