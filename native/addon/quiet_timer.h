// Tells when a program that goes on running has come to rest. Unseen by the program, unlike a timer of JavaScript, and cheaper.
#pragma once
#include <cstdint>
#include <functional>

struct uv_loop_s;

// Loading keeps a processor busy (on Node 20 on another thread); a program that then waits for something does not. Calls `callback` once: when
// that is so and `computed_ms()` is at least `least_ms`, and at the latest after 5 s. It does not keep the loop alive. Once a process.
void whenQuiet(uv_loop_s* loop, std::function<int64_t()> computed_ms, int64_t least_ms, std::function<void()> callback);
