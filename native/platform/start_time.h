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

// In a run whose program has read the clock before the fork, and finds it set back by so much: it has started when the zygote has.
void keepStartTime(uint64_t set_back_ns);
