// How Node ends a run by its own decision: process.exit(), an uncaught exception, a fatal error in a handler. Node's handler for that
// (node.h, SetProcessExitHandler) joins the platform's worker threads, which a fork does not have; a run gets one that leaves.
// Built once per ABI, for node.h is not Node-API.
#include <node.h>

namespace {

// install(address of a `void (*)(int code)`, as a BigInt): from now on Node calls it instead of ending the process itself.
void install(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto* const leave = reinterpret_cast<void (*)(int)>(static_cast<uintptr_t>(info[0].As<v8::BigInt>()->Uint64Value()));
  node::Environment* const environment = node::GetCurrentEnvironment(info.GetIsolate()->GetCurrentContext());
  node::SetProcessExitHandler(environment, [leave](node::Environment*, int code) { leave(code); });
}

}  // namespace

NODE_MODULE_INIT() {
  v8::Isolate* const isolate = v8::Isolate::GetCurrent();
  v8::Local<v8::FunctionTemplate> function = v8::FunctionTemplate::New(isolate, install);
  exports->Set(context, v8::String::NewFromUtf8Literal(isolate, "install"), function->GetFunction(context).ToLocalChecked()).Check();
}
