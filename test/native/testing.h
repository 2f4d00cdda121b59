// What the programs here share: `<program>` prints the names of its tests, `<program> <name>` does one, which ends with 0, or says what went
// wrong and aborts. One that hangs is ended by SIGALRM.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

#define CHECK(condition) \
  if (!(condition)) fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition), abort()

struct NamedTest {
  std::string name;
  std::function<void()> body;
};

inline int runNamed(const std::vector<NamedTest>& tests, int count, char** arguments) {
  alarm(60);
  for (const auto& [name, body] : tests) {
    if (count < 2) puts(name.c_str());
    else if (name == arguments[1]) return body(), 0;
  }
  return count < 2 ? 0 : 2;
}
