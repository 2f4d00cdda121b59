// When the process started, as Node knows it: performance.timeOrigin, performance.now(), process.uptime().
#pragma once
#include <cstdint>
#include <v8.h>

namespace node {
class Environment;
}

// In a zygote, as it begins: finds out where Node keeps that. False if it does not.
bool findStartTime(v8::Isolate* isolate, node::Environment* environment);

// In a run. `started_ns`: when its client's process did, by CLOCK_MONOTONIC.
void setStartTime(uint64_t started_ns);
