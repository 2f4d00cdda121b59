// A client's request: decoded and checked, and passed on to a standby.
#pragma once
#include <cstdint>
#include <string>
#include <vector>
#include "addon/unique_fd.h"
#include "wire/protocol.h"
#include "wire/surroundings.h"

struct frame_reader;

struct RunRequest {
  std::string text;  // as it came
  int64_t started_ns = 0;  // the client's process, by CLOCK_MONOTONIC
  uint32_t umask = 0;
  int32_t parent_pid = 0;
  image_wish image = IMAGE_UNWANTED;
  surroundings client;
  std::vector<std::string> arguments;  // the entry as typed, then the program's own
  std::vector<std::string> exec_arguments;
  std::vector<std::string> environment;  // NAME=value, the client's order
  // With GO:
  UniqueFd stdio[3];  // not ok where the client's is closed
  UniqueFd cwd;
  UniqueFd life_line;
};

// False if counts and lengths do not fit together, or if there are descriptors.
bool decodeRequest(const frame_reader& message, RunRequest* request);

// Passes the request on, with its descriptors and that of the conversation with the client. False if it did not get through.
bool sendOrder(int standby, const RunRequest& request, int conversation, int64_t deadline);
bool decodeOrder(frame_reader* message, RunRequest* request, UniqueFd* conversation);

// Takes the descriptors out of a GO. False if they are not those that its payload announces.
bool decodeGo(frame_reader* message, RunRequest* request);
