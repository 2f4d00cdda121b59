#include "addon/environment.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unistd.h>
#include "addon/starter.h"

static std::string nameOf(const std::string& assignment) { return assignment.substr(0, assignment.find('=', 1)); }

static std::map<std::string, std::string> assignmentsByName(const std::vector<std::string>& assignments) {
  std::map<std::string, std::string> byName;
  // The first of several assignments is the one that getenv(3) finds.
  for (const std::string& assignment : assignments) byName.emplace(nameOf(assignment), assignment);
  return byName;
}

// The starter has put a library of ours before those of the program, and the library has hidden itself (observer/heap_place.c).
static std::string withoutObserver(const std::string& assignment) {
  static const std::string name = "LD_PRELOAD=", ours = name + "/proc/self/fd/" + std::to_string(ZYGOTE_OBSERVER);
  if (assignment == ours) return "";
  const bool has_others = assignment.compare(0, ours.size() + 1, ours + ":") == 0;
  return has_others ? name + assignment.substr(ours.size() + 1) : assignment;
}

std::vector<std::string> initialEnvironment() {
  std::ifstream file("/proc/self/environ", std::ios::binary);
  const std::string block{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> initial;
  for (size_t at = 0; at < block.size(); at += strlen(block.c_str() + at) + 1) {
    const std::string assignment = withoutObserver(block.c_str() + at);
    if (!assignment.empty()) initial.push_back(assignment);
  }
  return initial;
}

EnvironmentChanges changesSinceExec() {
  const std::vector<std::string> initial = initialEnvironment();
  std::vector<std::string> current;
  for (char** entry = environ; *entry; entry++) current.emplace_back(*entry);

  const auto before = assignmentsByName(initial), now = assignmentsByName(current);
  EnvironmentChanges changes;
  for (const auto& [name, assignment] : now)
    if (const auto old = before.find(name); old == before.end() || old->second != assignment) changes[name] = assignment;
  for (const auto& [name, assignment] : before)
    if (!now.contains(name)) changes[name] = std::nullopt;
  return changes;
}

void installEnvironment(std::vector<std::string> client, const EnvironmentChanges& changes) {
  // Never freed: environ points into them, and libc lets nobody else free what is in environ.
  auto* kept = new std::vector<std::string>;
  auto* pointers = new std::vector<char*>;
  EnvironmentChanges left = changes;
  for (std::string& assignment : client) {
    const auto change = changes.empty() ? changes.end() : changes.find(nameOf(assignment));
    if (change == changes.end()) kept->push_back(std::move(assignment));
    else if (change->second) kept->push_back(*change->second);
    if (change != changes.end()) left.erase(change->first);
  }
  for (const auto& [name, assignment] : left)
    if (assignment) kept->push_back(*assignment);
  for (std::string& assignment : *kept) pointers->push_back(assignment.data());
  pointers->push_back(nullptr);
  environ = pointers->data();
}
