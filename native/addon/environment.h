// The environment of a run: the client's, whole and in its order, with what modules changed before the gate laid over it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

// NAME -> the value that modules gave it, or nothing where they deleted it.
using EnvironmentChanges = std::map<std::string, std::optional<std::string>>;

// NAME=value, as this process was executed with; without what the starter added.
std::vector<std::string> initialEnvironment();

// What has changed in `environ` since this process was executed (by /proc/self/environ).
EnvironmentChanges changesSinceExec();

// Replaces `environ`. `client` is NAME=value strings; they are kept for the rest of the process.
void installEnvironment(std::vector<std::string> client, const EnvironmentChanges& changes);
