#include "platform/leave.h"

#include <link.h>
#include <string>
#include <uv.h>

namespace {

void (*leave_run)(int code) = nullptr;  // null outside of runs
int natural_exit_code = 0;
unsigned long long libraries_before = 0;
v8::Global<v8::Array> loaded_modules;
uv_idle_t end_of_handles;

v8::Local<v8::String> text(v8::Isolate* isolate, const char* characters) { return v8::String::NewFromUtf8(isolate, characters).ToLocalChecked(); }

v8::Local<v8::Object> processOf(v8::Isolate* isolate) {
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  return context->Global()->Get(context, text(isolate, "process")).ToLocalChecked().As<v8::Object>();
}

// How many libraries were loaded in all this time.
unsigned long long librariesLoaded() {
  unsigned long long count = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* count) {
        *static_cast<unsigned long long*>(count) = info->dlpi_adds;
        return 1;
      },
      &count);
  return count;
}

// Node has closed all handles and ended all Workers. What it would do next is free every object that it has for JavaScript, module by module,
// for as long as a small program takes, in pages that are the zygote's too. Of these only a database cares, and what native packages registered.
void leaveUnlessCleanUpMatters(uv_handle_t*) {
  if (librariesLoaded() != libraries_before || loaded_modules.IsEmpty()) return;
  v8::Isolate* const isolate = v8::Isolate::GetCurrent();
  const v8::HandleScope scope(isolate);
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const v8::Local<v8::Array> modules = loaded_modules.Get(isolate);
  for (uint32_t i = 0; i < modules->Length(); i++) {
    v8::Local<v8::Value> module;
    if (!modules->Get(context, i).ToLocal(&module)) return;
    const v8::String::Utf8Value name(isolate, module);
    if (!*name || std::string(*name) == "Internal Binding sqlite" || std::string(*name) == "Internal Binding webstorage") return;
  }
  leave_run(natural_exit_code);
}

// process.emit of a run: the original one (the data), and after the last listener for 'exit' a look at the code, which may be set in one,
// and which Node keeps to itself. A listener of our own would be seen by process.listeners('exit'), a wrapper in JavaScript in stacks, and one
// that catches (as every Node-API function does) in the place that an uncaught exception is reported at.
void watchedEmit(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  std::vector<v8::Local<v8::Value>> arguments;
  for (int i = 0; i < info.Length(); i++) arguments.push_back(info[i]);
  v8::Local<v8::Value> result;
  if (!info.Data().As<v8::Function>()->Call(context, info.This(), info.Length(), arguments.data()).ToLocal(&result)) return;
  info.GetReturnValue().Set(result);
  if (info.Length() < 1 || !info[0]->StrictEquals(text(isolate, "exit"))) return;
  v8::Local<v8::Value> code;
  if (!info.This()->Get(context, text(isolate, "exitCode")).ToLocal(&code)) return;
  if (code->IsNullOrUndefined() && info.Length() > 1) code = info[1];
  natural_exit_code = code->Int32Value(context).FromMaybe(0);
  // By Node itself, and not by the program: Node goes on to its clean-up.
  v8::Local<v8::Value> exiting;
  const bool is_end = v8::StackTrace::CurrentStackTrace(isolate, 1)->GetFrameCount() == 0 &&
                      info.This()->Get(context, text(isolate, "_exiting")).ToLocal(&exiting) && exiting->IsTrue();
  auto* const handle = reinterpret_cast<uv_handle_t*>(&end_of_handles);
  if (is_end && !uv_is_closing(handle)) uv_close(handle, leaveUnlessCleanUpMatters);
}

}  // namespace

void prepareToLeave(v8::Isolate* isolate) {
  libraries_before = librariesLoaded();
  v8::Local<v8::Value> modules;
  if (processOf(isolate)->Get(isolate->GetCurrentContext(), text(isolate, "moduleLoadList")).ToLocal(&modules) && modules->IsArray()) {
    loaded_modules.Reset(isolate, modules.As<v8::Array>());
  }
  node::AddEnvironmentCleanupHook(
      isolate, [](void*) { if (leave_run) leave_run(natural_exit_code); }, nullptr);
}

void leaveBy(v8::Isolate* isolate, void (*leave)(int code)) {
  leave_run = leave;
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  // process.exit(), an uncaught exception, an error in its handler.
  node::SetProcessExitHandler(node::GetCurrentEnvironment(context), [](node::Environment*, int code) { leave_run(code); });

  // A loop that runs dry.
  const v8::Local<v8::Object> process = processOf(isolate);
  uv_idle_init(node::GetCurrentEventLoop(isolate), &end_of_handles);
  const v8::Local<v8::String> emit = text(isolate, "emit");
  const v8::Local<v8::Function> watched = v8::Function::New(context, watchedEmit, process->Get(context, emit).ToLocalChecked()).ToLocalChecked();
  watched->SetName(emit);
  process->DefineOwnProperty(context, emit, watched, v8::DontEnum).Check();
}
