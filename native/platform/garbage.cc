#include "platform/garbage.h"

#include <algorithm>
#include <bit>
#include <compare>
#include <cstring>
#include <vector>
#include "platform/clock.h"
#include "platform/memory_reader.h"

namespace {

enum {
  LARGEST_BLOCK = 64 * 1024,  // of those that an isolate points at
  ARRAY = 4096,               // elements: a regular object of the young generation
  MOST_ROUNDS = 20,
  MOST_YOUNG = 4 << 20,       // a run touches twice as much
};

constexpr double LATEST_MS = 1e12;  // of that clock

// V8's clock (src/base/platform/time.cc, uv_hrtime() on Node 20).
int64_t nowUs() { return static_cast<int64_t>(nowNs(CLOCK_MONOTONIC) / 1000); }

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
  uintptr_t at;
  bool is_in_ms;  // and a double; otherwise in microseconds
  auto operator<=>(const Place&) const = default;
};

int64_t inUs(uintptr_t word, bool is_in_ms) {
  const double ms = std::bit_cast<double>(word);
  if (!is_in_ms) return static_cast<int64_t>(word);
  return ms > 0 && ms < LATEST_MS ? static_cast<int64_t>(ms * 1000) : -1;
}

std::vector<Place>& places = *new std::vector<Place>;  // not freed: it would outlive V8
Period noted;  // what stands there is in it

// In the isolate, and in the allocator's blocks that it points at (their size stands in front of them: malloc/malloc.c).
std::vector<Place> findPlaces(v8::Isolate* isolate, const Period& period) {
  const MemoryReader memory;
  std::vector<Place> found;
  const auto look = [&](uintptr_t start, const std::vector<uintptr_t>& words) {
    for (size_t i = 0; i < words.size(); i++) {
      for (bool is_in_ms : {false, true})
        if (period.has(inUs(words[i], is_in_ms))) found.push_back({start + i * sizeof words[i], is_in_ms});
    }
  };
  const uintptr_t start = reinterpret_cast<uintptr_t>(isolate);
  const std::vector<uintptr_t> words = memory.words(start, ISOLATE);
  look(start, words);
  for (const uintptr_t block : pointersAmong(words)) {
    size_t size = 0;
    if (memory.read(block - sizeof size, &size, sizeof size) != sizeof size) continue;
    size &= ~size_t{15};
    if (size > sizeof size && size <= LARGEST_BLOCK) look(block, memory.words(block, size - sizeof size));
  }
  // Not all of these begin a block: some were found twice.
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// What was freed meanwhile need not be there any more.
void keepPlaces(const Period& period) {
  const MemoryReader memory;
  std::erase_if(places, [&](const Place& place) {
    const std::vector<uintptr_t> word = memory.words(place.at, sizeof place.at);
    return word.empty() || !period.has(inUs(word[0], place.is_in_ms));
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
    uintptr_t& word = *reinterpret_cast<uintptr_t*>(at);
    // Another value would be somebody else's, who has that memory now.
    if (!noted.has(inUs(word, is_in_ms))) continue;
    word = is_in_ms ? std::bit_cast<uintptr_t>(std::bit_cast<double>(word) + static_cast<double>(us) / 1000) : word + static_cast<uintptr_t>(us);
  }
  noted.from_us += us;
  noted.to_us += us;
}
