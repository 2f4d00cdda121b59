// The heap as a zygote parks: without garbage, and from then on V8 is to collect as it would in a process that has just come this far.
#pragma once
#include <v8.h>

enum class Extent { young, all, thorough };

// So that no collection is under way in the runs. A thorough one also gives the young generation's pages back, which may be a third of the memory.
void collectGarbage(v8::Isolate* isolate, Extent extent);

// In a fork: the time since then has not passed, as far as V8's collector is concerned.
void skipTimeParked();
