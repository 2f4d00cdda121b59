#include "addon/command_line.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <malloc.h>
#include <sys/uio.h>
#include <unistd.h>

// src/node_options.h: of type std::shared_ptr<PerProcessOptions>. Only that it begins with the object's address is used, for the header is not public.
namespace node::per_process {
extern char* cli_options __attribute__((weak));
}

// loader/protocol.ts
static const char TITLE_OPTION[] = "--title=instastart zygote ";

static std::vector<std::string>* command_line = nullptr;

// What may not be there.
static bool readAt(uint64_t at, void* into, size_t length) {
  const iovec from{reinterpret_cast<void*>(at), length}, to{into, length};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(length);
}

// Whether it is libstdc++'s vector of its strings, and among these the title that the starter has given the zygote.
static bool isCommandLine(const uint64_t* words) {
  enum { MOST_ARGUMENTS = 100'000 };
  const uint64_t start = words[0], end = words[1];
  if (start == 0 || end <= start || words[2] < end || (end - start) % sizeof(std::string) != 0 || (end - start) / sizeof(std::string) > MOST_ARGUMENTS) return false;
  for (uint64_t at = start; at < end; at += sizeof(std::string)) {
    uint64_t text[2];  // where, how long
    char characters[sizeof TITLE_OPTION - 1];
    if (!readAt(at, text, sizeof text)) return false;
    if (text[1] >= sizeof characters && readAt(text[0], characters, sizeof characters) && memcmp(characters, TITLE_OPTION, sizeof characters) == 0) return true;
  }
  return false;
}

void findCommandLine() {
  if (!&node::per_process::cli_options || !node::per_process::cli_options) return;
  char* const options = node::per_process::cli_options;
  const size_t size = malloc_usable_size(options);
  for (size_t at = 0; at + sizeof *command_line <= size; at += sizeof(uint64_t)) {
    if (!isCommandLine(reinterpret_cast<const uint64_t*>(options + at))) continue;
    command_line = reinterpret_cast<std::vector<std::string>*>(options + at);
    return;
  }
}

void takeCommandLine(const std::vector<std::string>& options, const std::vector<std::string>& arguments) {
  if (!command_line) return;
  // The first is Node, as it was called.
  command_line->resize(1);
  command_line->insert(command_line->end(), options.begin(), options.end());
  command_line->insert(command_line->end(), arguments.begin(), arguments.end());
}
