// What JavaScript sees of the platform part (loader/native.ts, Platform). Built once per ABI, for node.h is not Node-API.
#include <cstring>
#include <node.h>
#include <string>

#include "platform/askers.h"
#include "platform/garbage.h"
#include "platform/leave.h"
#include "platform/random_state.h"
#include "platform/start_time.h"
#include "platform/take_over.h"
#include "platform/text.h"
#include "platform/title.h"

namespace {

node::Environment* environmentOf(v8::Isolate* isolate) { return node::GetCurrentEnvironment(isolate->GetCurrentContext()); }

// takeOver(): boolean, see take_over.h.
void takeOver(const v8::FunctionCallbackInfo<v8::Value>& info) {
  prepareToLeave(info.GetIsolate());
  info.GetReturnValue().Set(takeOverPlatform(node::GetMultiIsolatePlatform(environmentOf(info.GetIsolate()))));
}

// findProcessState(): boolean; what renew() changes.
void findProcessState(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  info.GetReturnValue().Set(findStartTime(isolate, environmentOf(isolate)) && findRandomState(isolate));
}

// noteContexts(): those that modules have made.
void noteContexts(const v8::FunctionCallbackInfo<v8::Value>& info) { ::noteContexts(info.GetIsolate()); }

// randomPlace(): a text that changes with every Math.random().
void randomPlace(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const RandomPlace place = ::randomPlace(info.GetIsolate());
  const std::string text = std::to_string(place.left) + " " + std::to_string(place.s0) + " " + std::to_string(place.s1);
  info.GetReturnValue().Set(textOf(info.GetIsolate(), text));
}

// renew(startedNs, setBackNs): in a run, once it has its client. BigInts; the second may be undefined.
void renew(const v8::FunctionCallbackInfo<v8::Value>& info) {
  if (info[1]->IsBigInt()) keepStartTime(info[1].As<v8::BigInt>()->Uint64Value());
  else setStartTime(info[0].As<v8::BigInt>()->Uint64Value());
  renewRandomState(info.GetIsolate());
  skipTimeParked();
}

// collectGarbage('young' | 'all' | 'thorough')
void collectGarbage(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const v8::String::Utf8Value extent(info.GetIsolate(), info[0]);
  ::collectGarbage(info.GetIsolate(), strcmp(*extent, "young") == 0 ? Extent::young : strcmp(*extent, "all") == 0 ? Extent::all : Extent::thorough);
}

// beginAttribution(ownFolder), noteAsker(question), askers(), see askers.h.
void beginAttribution(const v8::FunctionCallbackInfo<v8::Value>& info) { ::beginAttribution(info[0].As<v8::String>()); }

void noteAsker(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(::noteAsker(*v8::String::Utf8Value(info.GetIsolate(), info[0])));
}

void askers(const v8::FunctionCallbackInfo<v8::Value>& info) { info.GetReturnValue().Set(::askers(info.GetIsolate())); }

// noteAskerFunction(): its address as a BigInt, for the observer.
void noteAskerFunction(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(v8::BigInt::NewFromUnsigned(info.GetIsolate(), reinterpret_cast<uintptr_t>(&::noteAsker)));
}

// waitingJobs(): how many microtasks wait; undefined where that cannot be found out. V8 keeps it to itself: its queue begins with the number, behind the
// pointer to its virtual functions (src/execution/microtask-queue.h). Whether it still does is tried with one that does nothing, which is the last
// one from then on, and counted.
void waitingJobs(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  v8::MicrotaskQueue* const queue = isolate->GetCurrentContext()->GetMicrotaskQueue();
  const volatile intptr_t* const count = reinterpret_cast<const intptr_t*>(queue) + 1;
  const intptr_t before = *count;
  queue->EnqueueMicrotask(isolate, [](void*) {});
  if (*count == before + 1) info.GetReturnValue().Set(static_cast<double>(*count));
}

// scriptOf(function): the name of the script that it stands in; empty for one that stands in none, but in C++.
void scriptOf(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const v8::Local<v8::Value> name = info[0].As<v8::Function>()->GetScriptOrigin().ResourceName();
  if (!name.IsEmpty() && name->IsString()) info.GetReturnValue().Set(name);
  else info.GetReturnValue().SetEmptyString();
}

// quiesce(): no worker thread is left when it returns, until JavaScript or V8 posts the next task.
void quiesce(const v8::FunctionCallbackInfo<v8::Value>&) { quiescePlatform(); }

// quiesceFunction(): its address as a BigInt, for the addon, which calls it when no more JavaScript can run before the fork.
void quiesceFunction(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(v8::BigInt::NewFromUnsigned(info.GetIsolate(), reinterpret_cast<uintptr_t>(&quiescePlatform)));
}

// holdTitle(shown), releaseTitle(): string | undefined, see title.h.
void holdTitle(const v8::FunctionCallbackInfo<v8::Value>& info) { ::holdTitle(info.GetIsolate(), info[0].As<v8::String>()); }

void releaseTitle(const v8::FunctionCallbackInfo<v8::Value>& info) { info.GetReturnValue().Set(::releaseTitle(info.GetIsolate())); }

class NothingTask final : public v8::Task {
  void Run() override {}
};

// wake(): in a fork. uv_loop_fork() forgets wake-ups under way; this one makes the loop look at the foreground tasks that were queued before.
void wake(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  skipTimeParked();
  node::GetMultiIsolatePlatform(environmentOf(isolate))->GetForegroundTaskRunner(isolate)->PostTask(std::make_unique<NothingTask>());
}

// startRun(leave): in a run. `leave` is the address of a `void (*)(int code)`, as a BigInt.
void startRun(const v8::FunctionCallbackInfo<v8::Value>& info) {
  leaveBy(info.GetIsolate(), reinterpret_cast<void (*)(int)>(static_cast<uintptr_t>(info[0].As<v8::BigInt>()->Uint64Value())));
  wake(info);
}

}  // namespace

NODE_MODULE_INIT() {
  v8::Isolate* const isolate = v8::Isolate::GetCurrent();
  const auto add = [&](const char* name, v8::FunctionCallback callback) {
    exports->Set(context, textOf(isolate, name), v8::Function::New(context, callback).ToLocalChecked()).Check();
  };
  add("takeOver", takeOver);
  add("findProcessState", findProcessState);
  add("noteContexts", noteContexts);
  add("randomPlace", randomPlace);
  add("renew", renew);
  add("collectGarbage", collectGarbage);
  add("waitingJobs", waitingJobs);
  add("scriptOf", scriptOf);
  add("quiesce", quiesce);
  add("quiesceFunction", quiesceFunction);
  add("beginAttribution", beginAttribution);
  add("noteAsker", noteAsker);
  add("noteAskerFunction", noteAskerFunction);
  add("askers", askers);
  add("holdTitle", holdTitle);
  add("releaseTitle", releaseTitle);
  add("wake", wake);
  add("startRun", startRun);
}
