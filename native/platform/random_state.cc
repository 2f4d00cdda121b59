#include "platform/random_state.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <v8-profiler.h>
#include <vector>
#include "platform/memory_reader.h"

// V8 offers no way to seed again what has been seeded. A context's numbers come from a state of its own, seeded on first use by the isolate's
// generator (src/numbers/math-random.cc, src/base/utils/random-number-generator.h); both are xorshift128+. So their places need not be known
// beforehand: 128 bits that go from one state to exactly that state which so many steps lead to are a generator's. Where the proof fails, on some
// later V8, there is no warm run.

// OpenSSL's, as Node exports it: what V8 has its seeds of (src/node.cc, SetEntropySource).
extern "C" int RAND_bytes(unsigned char* into, int count) __attribute__((weak));

namespace {

using Word = uintptr_t;

struct State {
  uint64_t s0 = 0, s1 = 0;
  bool operator==(const State&) const = default;
  void step() {
    const uint64_t first = s0;
    s0 = s1;
    s1 = first ^ first << 23;
    s1 ^= s1 >> 17;
    s1 ^= s0;
    s1 ^= s0 >> 26;
  }
};

enum {
  CACHE = 64,            // numbers that a context draws at a time
  MOST_STEPS = 4096,     // the isolate's generator has other users: the hashes of objects
  MOST_SLOTS = 2048,     // of a context
  MOST_TRIES = 5,
  POINTEE = 4,           // words of what it points at that are looked at
};

bool leadsTo(State from, const State& to, int steps) {
  while (steps-- > 0) from.step();
  return from == to;
}

// A context of nobody's. Its Math.random() is V8's own.
class Context {
 public:
  explicit Context(v8::Isolate* isolate) : context_(v8::Context::New(isolate)), scope_(context_) {
    const auto get = [&](v8::Local<v8::Value> from, const char* name) {
      return from.As<v8::Object>()->Get(context_, v8::String::NewFromUtf8(isolate, name).ToLocalChecked()).ToLocalChecked();
    };
    math_random_ = get(get(context_->Global(), "Math"), "random").As<v8::Function>();
  }
  double draw() const { return math_random_->Call(context_, context_->Global(), 0, nullptr).ToLocalChecked().As<v8::Number>()->Value(); }
  void draw(int times) const { while (times-- > 0) draw(); }
  v8::Local<v8::Context> local() const { return context_; }

 private:
  v8::Local<v8::Context> context_;
  v8::Context::Scope scope_;
  v8::Local<v8::Function> math_random_;
};

// Where a context, an object on V8's heap, lies at the moment. The lowest bit of such an address is set.
Word addressOf(v8::Local<v8::Context> context) { return *reinterpret_cast<Word*>(*context) - 1; }

struct Places {
  size_t index = 0, state = 0;  // of a context: how many numbers are left, and the object with the state, as words
  size_t offset = 0;            // of the state in that object, in bytes
  State* generator = nullptr;   // the isolate's
  bool is_fixed = false;        // --random-seed: every run is to draw the same
};

Places places;
size_t native_contexts = 0;  // that need not be looked for
std::vector<v8::Global<v8::Context>>& contexts = *new std::vector<v8::Global<v8::Context>>;  // not freed: it would outlive its isolate

std::vector<Word> slotsOf(const MemoryReader& memory, v8::Local<v8::Context> context) {
  return memory.words(addressOf(context), MOST_SLOTS * sizeof(Word));
}

// A small integer lies in the upper half of a word.
bool findIndex(const MemoryReader& memory, const Context& context) {
  const std::vector<Word> first = slotsOf(memory, context.local());
  context.draw();
  const std::vector<Word> second = slotsOf(memory, context.local());
  for (size_t i = 2; i < std::min(first.size(), second.size()); i++) {
    if (first[i] - second[i] != Word{1} << 32 || first[i] >> 32 > CACHE || first[i] << 32 != 0) continue;
    places.index = i;
    return true;
  }
  return false;
}

struct Candidate {
  size_t slot, offset;
  State state;
};

std::vector<Candidate> statesOf(const MemoryReader& memory, v8::Local<v8::Context> context) {
  std::vector<Candidate> found;
  const std::vector<Word> slots = slotsOf(memory, context);
  for (size_t i = 2; i < slots.size(); i++) {
    if ((slots[i] & 3) != 1) continue;
    // Behind its map, and mostly its length.
    for (size_t offset : {8, 16, 24}) {
      State state;
      if (memory.read(slots[i] - 1 + offset, &state, sizeof state) == sizeof state) found.push_back({i, offset, state});
    }
  }
  return found;
}

bool findState(const MemoryReader& memory, const Context& context) {
  const std::vector<Candidate> before = statesOf(memory, context.local());
  context.draw(CACHE);
  const std::vector<Candidate> after = statesOf(memory, context.local());
  for (size_t i = 0; i < std::min(before.size(), after.size()); i++) {
    if (before[i].state == State{} || !leadsTo(before[i].state, after[i].state, CACHE)) continue;
    places.state = before[i].slot;
    places.offset = before[i].offset;
    return true;
  }
  return false;
}

using Pointee = std::pair<Word, std::array<uint64_t, POINTEE>>;

std::vector<Pointee> pointeesOf(const MemoryReader& memory, v8::Isolate* isolate) {
  std::vector<Pointee> found;
  for (Word word : pointersAmong(memory.words(reinterpret_cast<Word>(isolate), ISOLATE))) {
    Pointee pointee{word, {}};
    if (memory.read(word, pointee.second.data(), sizeof pointee.second) == sizeof pointee.second) found.push_back(pointee);
  }
  return found;
}

bool findGenerator(const MemoryReader& memory, v8::Isolate* isolate) {
  const std::vector<Pointee> before = pointeesOf(memory, isolate);
  Context(isolate).draw();
  for (const auto& [at, words] : before) {
    std::array<uint64_t, POINTEE> now;
    if (memory.read(at, now.data(), sizeof now) != sizeof now || now == words) continue;
    for (size_t i = 0; i + 1 < POINTEE; i++) {
      State state{words[i], words[i + 1]};
      for (int steps = 0; steps < MOST_STEPS && state != State{}; steps++) {
        state.step();
        if (state != State{now[i], now[i + 1]}) continue;
        places.generator = reinterpret_cast<State*>(at + i * sizeof(uint64_t));
        return true;
      }
    }
  }
  return false;
}

size_t countContexts(v8::Isolate* isolate) {
  v8::HeapStatistics statistics;
  isolate->GetHeapStatistics(&statistics);
  return statistics.number_of_native_contexts();
}

void remember(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  for (const v8::Global<v8::Context>& known : contexts)
    if (known == context) return;
  contexts.emplace_back(isolate, context);
}

// Is shown every object there is, of every context.
class ContextsOfObjects final : public v8::QueryObjectPredicate {
 public:
  explicit ContextsOfObjects(v8::Isolate* isolate) : isolate_(isolate) {}
  bool Filter(v8::Local<v8::Object> object) override {
    v8::Local<v8::Context> context;
#if V8_MAJOR_VERSION >= 13
    if (object->GetCreationContext(isolate_).ToLocal(&context)) remember(isolate_, context);
#else
    if (object->GetCreationContext().ToLocal(&context)) remember(isolate_, context);
#endif
    return false;
  }

 private:
  v8::Isolate* const isolate_;
};

}  // namespace

bool findRandomState(v8::Isolate* isolate) {
  if (!RAND_bytes) return false;
  const v8::HandleScope scope(isolate);
  const MemoryReader memory;
  native_contexts = countContexts(isolate);
  contexts.emplace_back(isolate, isolate->GetCurrentContext());
  // Two contexts draw the same only if a seed is given.
  places.is_fixed = Context(isolate).draw() == Context(isolate).draw();
  if (places.is_fixed) return true;
  // A collection between two looks moves what was looked at.
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    const v8::HandleScope inner(isolate);
    const Context context(isolate);
    context.draw();  // there is a state from the first number on
    if (findIndex(memory, context) && findState(memory, context) && findGenerator(memory, isolate)) return true;
  }
  return false;
}

void noteContexts(v8::Isolate* isolate) {
  if (places.is_fixed || countContexts(isolate) == native_contexts) return;
  const v8::HandleScope scope(isolate);
  ContextsOfObjects predicate(isolate);
  std::vector<v8::Global<v8::Object>> none;
  isolate->GetHeapProfiler()->QueryObjects(isolate->GetCurrentContext(), &predicate, &none);
  // A zygote that a base makes need not look again: none that is remembered goes away.
  native_contexts = countContexts(isolate);
}

RandomPlace randomPlace(v8::Isolate* isolate) {
  if (places.is_fixed) return {};
  const v8::HandleScope scope(isolate);
  const Word* const slots = reinterpret_cast<const Word*>(addressOf(contexts.front().Get(isolate)));
  const State state = *reinterpret_cast<const State*>(slots[places.state] - 1 + places.offset);
  return {slots[places.index], state.s0, state.s1};
}

void renewRandomState(v8::Isolate* isolate) {
  if (places.is_fixed) return;
  const v8::HandleScope scope(isolate);
  RAND_bytes(reinterpret_cast<unsigned char*>(places.generator), sizeof *places.generator);
  for (const v8::Global<v8::Context>& context : contexts) {
    Word* const slots = reinterpret_cast<Word*>(addressOf(context.Get(isolate)));
    // No numbers left, and none drawn yet: the next is seeded.
    slots[places.index] = 0;
    *reinterpret_cast<State*>(slots[places.state] - 1 + places.offset) = State{};
  }
}
