// Texts of C++ for V8.
#pragma once
#include <node.h>

#include <string>

inline v8::Local<v8::String> textOf(v8::Isolate* isolate, const std::string& text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal, static_cast<int>(text.size())).ToLocalChecked();
}
