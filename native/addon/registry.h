// The runtime directory's files beside the sockets: what starters leave there for the commands, and what these may know and remove.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include "wire/runtime_dir.h"

// Adds a line of JSON to the history of the program's plain runs, `<first half of the key>.runs`: the time (ms since 1970), the reason, and the
// entry. The older half is dropped once there are more than 16 KB. Where it cannot be written, a line is missing: no run fails for it.
void appendRun(const runtime_dir& dir, const std::string& key, const std::string& reason, const std::string& entry);

// Whether somebody makes, or is, the zygote of this key.
bool isClaimed(const runtime_dir& dir, const std::string& key);

// Removes what a zygote has left under this key. The bytes that were in it; nothing if a zygote is there or on its way.
std::optional<int64_t> removeLeftovers(const runtime_dir& dir, const std::string& key);
