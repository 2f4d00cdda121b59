// Which module has asked what, by the stack: for `instastart why`.
#pragma once
#include <node.h>

// From now on `noteAsker` tells. Scripts whose names begin with `own_folder` are not modules.
void beginAttribution(v8::Local<v8::String> own_folder);

// See observer/askers.h.
bool noteAsker(const char* question);

// By script: an array of its questions.
v8::Local<v8::Object> askers(v8::Isolate* isolate);
