// `process.title` of a zygote: modules find, and set, the one that runs will have, while `ps` shows that this is a zygote.
#pragma once
#include <node.h>

// From now on modules see `shown`; libuv's own stays as it is.
void holdTitle(v8::Isolate* isolate, v8::Local<v8::String> shown);

// `process.title` is libuv's again. What a module has set meanwhile; undefined if none did.
v8::Local<v8::Value> releaseTitle(v8::Isolate* isolate);
