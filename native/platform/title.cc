#include "platform/title.h"

#include <uv.h>

#include <optional>
#include <string>

#include "platform/text.h"

namespace {

// While it is held: what modules see, and whether one of them has set it.
std::optional<std::string> held;
bool was_set = false;

// As GetProcessTitle of node's src/util.cc: longer and longer, until it fits.
std::string libuvTitle() {
  std::string title(256, '\0');
  int error;
  while ((error = uv_get_process_title(title.data(), title.size())) == UV_ENOBUFS && title.size() < (1 << 20)) title.resize(title.size() * 2);
  return error == 0 ? title.c_str() : "node";
}

void getTitle(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(textOf(info.GetIsolate(), held ? *held : libuvTitle()));
}

void setTitle(v8::Local<v8::Name>, v8::Local<v8::Value> value, const v8::PropertyCallbackInfo<void>& info) {
  const v8::String::Utf8Value title(info.GetIsolate(), value);
  if (*title == nullptr) return;
  if (!held) {
    uv_set_process_title(*title);
    return;
  }
  held = *title;
  was_set = true;
}

}  // namespace

void holdTitle(v8::Isolate* isolate, v8::Local<v8::String> shown) {
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const v8::Local<v8::Object> process = context->Global()->Get(context, textOf(isolate, "process")).ToLocalChecked().As<v8::Object>();
  held = *v8::String::Utf8Value(isolate, shown);
  was_set = false;
  // In the place of Node's (PatchProcessObject of src/node_process_object.cc), and like it. For good: Node's cannot be brought back.
  process->SetNativeDataProperty(context, textOf(isolate, "title"), getTitle, setTitle).Check();
}

v8::Local<v8::Value> releaseTitle(v8::Isolate* isolate) {
  const std::string title = held.value_or("");
  held.reset();
  if (!was_set) return v8::Undefined(isolate);
  return textOf(isolate, title);
}
