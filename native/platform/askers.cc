#include "platform/askers.h"

#include <map>
#include <string>
#include <vector>

#include "platform/text.h"

namespace {

constexpr int MOST_FRAMES = 64;

v8::Isolate* main_isolate = nullptr;
std::string own_folder;
std::map<std::string, std::vector<std::string>> questions_by_script;

// Nor is the gate (zygote/esm-gate.ts), in which we work.
bool isModule(const std::string& script) {
  return !script.empty() && !script.starts_with("node:") && !script.starts_with("instastart:") && !script.starts_with(own_folder);
}

}  // namespace

void beginAttribution(v8::Local<v8::String> folder) {
  main_isolate = v8::Isolate::GetCurrent();
  own_folder = *v8::String::Utf8Value(main_isolate, folder);
}

bool noteAsker(const char* question) {
  v8::Isolate* const isolate = v8::Isolate::TryGetCurrent();
  // On another thread, or while none of the program's code runs.
  if (!isolate || isolate != main_isolate || !isolate->InContext()) return false;
  const v8::HandleScope scope(isolate);
  const v8::Local<v8::StackTrace> stack = v8::StackTrace::CurrentStackTrace(isolate, MOST_FRAMES, v8::StackTrace::kScriptName);
  for (int i = 0; i < stack->GetFrameCount(); i++) {
    const v8::Local<v8::String> name = stack->GetFrame(isolate, static_cast<uint32_t>(i))->GetScriptName();
    if (name.IsEmpty()) continue;
    const std::string script = *v8::String::Utf8Value(isolate, name);
    if (!isModule(script)) continue;
    questions_by_script[script].emplace_back(question);
    return true;
  }
  return false;
}

v8::Local<v8::Object> askers(v8::Isolate* isolate) {
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const v8::Local<v8::Object> result = v8::Object::New(isolate);
  for (const auto& [script, questions] : questions_by_script) {
    std::vector<v8::Local<v8::Value>> texts;
    for (const std::string& question : questions) texts.push_back(textOf(isolate, question));
    result->Set(context, textOf(isolate, script), v8::Array::New(isolate, texts.data(), texts.size())).Check();
  }
  return result;
}
