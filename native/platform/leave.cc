#include "platform/leave.h"

namespace {

void (*leave_run)(int code) = nullptr;  // null outside of runs
int natural_exit_code = 0;

v8::Local<v8::String> text(v8::Isolate* isolate, const char* characters) { return v8::String::NewFromUtf8(isolate, characters).ToLocalChecked(); }

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
}

}  // namespace

void prepareToLeave(v8::Isolate* isolate) {
  node::AddEnvironmentCleanupHook(
      isolate, [](void*) { if (leave_run) leave_run(natural_exit_code); }, nullptr);
}

void leaveBy(v8::Isolate* isolate, void (*leave)(int code)) {
  leave_run = leave;
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  // process.exit(), an uncaught exception, an error in its handler.
  node::SetProcessExitHandler(node::GetCurrentEnvironment(context), [](node::Environment*, int code) { leave_run(code); });

  // A loop that runs dry.
  const v8::Local<v8::Object> process = context->Global()->Get(context, text(isolate, "process")).ToLocalChecked().As<v8::Object>();
  const v8::Local<v8::String> emit = text(isolate, "emit");
  const v8::Local<v8::Function> watched = v8::Function::New(context, watchedEmit, process->Get(context, emit).ToLocalChecked()).ToLocalChecked();
  watched->SetName(emit);
  process->DefineOwnProperty(context, emit, watched, v8::DontEnum).Check();
}
