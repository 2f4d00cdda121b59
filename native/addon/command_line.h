// The command line that Node remembers for its diagnostic reports (process.report).
#pragma once
#include <string>
#include <vector>

// In a zygote, as it begins.
void findCommandLine();

// In a run. Node's options, and what follows them. Where Node keeps it was not found, reports name the zygote's.
void takeCommandLine(const std::vector<std::string>& options, const std::vector<std::string>& arguments);
