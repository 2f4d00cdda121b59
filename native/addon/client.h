// A program's process asks for a run, and becomes its client.
#pragma once
#include <string>
#include <vector>
#include "wire/channel.h"
#include "wire/runtime_dir.h"
#include "wire/surroundings.h"
#include "wire/variant.h"

// What a process knows of the program that its Node is to run.
struct ProgramFacts {
  std::string node, argv0, entry, register_path;
  std::vector<std::string> exec_arguments;
  bool has_channel;
  channel to_parent{.fd = -1};  // since key()
  surroundings here;  // since key()

  // What its zygotes are found by; false if it, the working directory or the channel cannot be looked at.
  bool key(std::string* result);
  // Of the key. After key().
  asked_arguments chooseVariant(const runtime_dir& dir, const std::vector<std::string>& arguments, std::string* key);
};

// Does not return if there is a run to be had; else why not. `client`: the file of the program that takes over. `arguments`: the program's own.
// Leaves the key in `key`, once it is known.
std::string becomeClient(ProgramFacts* facts, const std::string& client, std::vector<std::string> arguments, std::string* key);
