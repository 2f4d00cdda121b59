// The name of a process in /proc/self/comm, which Node 24 and later give themselves (MainThread, node-MainThread) and a title replaces.
#pragma once
#include <string>

// In a zygote, as it begins.
void rememberProcessName();

// In a run. `file` is what Node was executed as.
void takeProcessName(const std::string& file);
