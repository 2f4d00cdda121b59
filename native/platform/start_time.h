// When the process started, as Node knows it: performance.timeOrigin, performance.now(), process.uptime().
#pragma once
#include <cstdint>
#include <ctime>
#include <v8.h>

namespace node {
class Environment;
}

// In a zygote, as it begins: finds out where Node keeps that. False if it does not.
bool findStartTime(v8::Isolate* isolate, node::Environment* environment);

// By this clock (clock_gettime(2)).
uint64_t nowNs(clockid_t clock);

// In a run. `started_ns`: when its client's process did, by CLOCK_MONOTONIC.
void setStartTime(uint64_t started_ns);
