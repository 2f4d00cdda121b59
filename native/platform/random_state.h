// Math.random() of a run: V8 keeps what it draws from in the isolate and in each context, and all forks would draw the same.
#pragma once
#include <cstdint>
#include <v8.h>

// In a zygote, as it begins: finds out where V8 keeps that. False if it could not be proved.
bool findRandomState(v8::Isolate* isolate);

// As it parks: the contexts that modules have made (node:vm).
void noteContexts(v8::Isolate* isolate);

// Of the main context: changes with every Math.random() that its programs draw. Two calls tell whether any was drawn between them.
struct RandomPlace {
  uint64_t left, s0, s1;
};
RandomPlace randomPlace(v8::Isolate* isolate);

// In a run: every context begins anew, as if none had drawn yet.
void renewRandomState(v8::Isolate* isolate);
