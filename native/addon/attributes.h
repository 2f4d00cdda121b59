// What a process has from its caller, and a fork of the zygote from the zygote's: sandbox, limits, priorities. A thawed run has its own.
#pragma once
#include <optional>
#include <string>
#include <sys/types.h>

// In no particular form, to be compared. Nothing if this process may not see all of it, or does not see `pid` at all (another process namespace).
std::optional<std::string> attributesOf(pid_t pid);
