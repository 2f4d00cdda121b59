#include "addon/budget.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <vector>
#include "addon/unique_fd.h"
#include "wire/frame.h"

extern "C" {
uint64_t uv_get_total_memory();
uint64_t uv_get_constrained_memory();  // of the control group; 0: not known
}

enum { MOST_ZYGOTES = 32, PART_OF_MEMORY = 4 };

// All are asked at once; one that is stopped is not waited for any longer, and cannot be told to end either.
enum { ANSWER_WITHIN_MS = 200, MOST_REPORT = 65536 };

// 0 for what is no amount: as if it were not set.
static uint64_t amountIn(const char* variable, const char* units) {
  const char* const text = getenv(variable);
  if (!text || *text < '0' || *text > '9') return 0;
  char* end;
  errno = 0;
  const uint64_t number = strtoull(text, &end, 10);
  const char* const unit = *end ? strchr(units, toupper(*end)) : nullptr;
  if (errno != 0 || (*end && (!unit || end[1]))) return 0;
  const unsigned shift = unit ? 10 * static_cast<unsigned>(unit - units + 1) : 0;
  return number > UINT64_MAX >> shift ? 0 : number << shift;
}

Budget budgetOfUser() {
  Budget budget = {amountIn("INSTASTART_MEMORY", "KMGT"), amountIn("INSTASTART_ZYGOTES", "")};
  if (budget.zygotes == 0) budget.zygotes = MOST_ZYGOTES;
  if (budget.bytes == 0) {
    const uint64_t limit = uv_get_constrained_memory();
    budget.bytes = std::min(uv_get_total_memory(), limit ? limit : UINT64_MAX) / PART_OF_MEMORY;
  }
  return budget;
}

Footprint footprintOf(pid_t pid) {
  char text[4096];
  const UniqueFd fd(pid > 0 ? open(("/proc/" + std::to_string(pid) + "/smaps_rollup").c_str(), O_RDONLY | O_CLOEXEC) : -1);
  const ssize_t length = fd.ok() ? read(fd.get(), text, sizeof text - 1) : -1;
  if (length <= 0) return {};
  text[length] = 0;
  const auto of = [&](const char* name) {
    const char* const at = strstr(text, name);
    return at ? 1024 * strtoull(at + strlen(name), nullptr, 10) : 0;
  };
  return {of("\nPss:"), of("\nPss_Anon:")};
}

namespace {

struct Neighbour {
  std::string key;
  UniqueFd socket;
  uint64_t bytes = 0, freed = 0;
  int64_t idle_ms = 0;
};

bool say(const UniqueFd& socket, message_type type) { return frame_send(socket.get(), type, nullptr, 0, nullptr, 0, now_ms() + ANSWER_WITHIN_MS); }

std::vector<Neighbour> askedNeighbours(const runtime_dir& dir, const std::string& key) {
  std::vector<Neighbour> asked;
  DIR* const folder = fdopendir(openat(dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return asked;
  while (const dirent* const entry = readdir(folder)) {
    if (strspn(entry->d_name, "0123456789abcdef") != KEY_LENGTH || entry->d_name[KEY_LENGTH] || key == entry->d_name) continue;
    UniqueFd socket(runtime_dir_connect(&dir, entry->d_name));
    if (socket.ok() && say(socket, MESSAGE_STATUS)) asked.push_back({entry->d_name, std::move(socket)});
  }
  closedir(folder);
  return asked;
}

// In a report, where a quote within a text has a backslash before it.
int64_t numberIn(const char* report, const char* name) {
  const char* const at = strstr(report, name);
  return at ? strtoll(at + strlen(name), nullptr, 10) : 0;
}

bool hearReport(Neighbour* neighbour, int64_t deadline) {
  frame_reader reader;
  frame_reader_init(&reader, MOST_REPORT);
  const bool is_report = frame_receive(&reader, neighbour->socket.get(), deadline) == FRAME_COMPLETE && reader.header.type == MESSAGE_REPORT;
  if (is_report) {
    const std::string report(reader.payload, reader.header.length);
    const auto number = [&](const char* name) { return numberIn(report.c_str(), name); };
    const Footprint zygote = footprintOf(static_cast<pid_t>(number("\"pid\":"))), standby = footprintOf(static_cast<pid_t>(number("\"standby\":"))),
                    base = footprintOf(static_cast<pid_t>(number("\"base\":")));
    const auto image = static_cast<uint64_t>(number("\"imageBytes\":"));
    neighbour->bytes = zygote.bytes + standby.bytes + base.bytes + image;
    neighbour->freed = zygote.anonymous + standby.anonymous + base.anonymous + image;
    neighbour->idle_ms = report.find("\"stale\":\"\"") == std::string::npos ? INT64_MAX : number("\"idleMs\":");
  }
  frame_reader_reset(&reader);
  return is_report;
}

std::vector<Neighbour> neighboursOf(const runtime_dir& dir, const std::string& key) {
  std::vector<Neighbour> neighbours = askedNeighbours(dir, key);
  const int64_t deadline = now_ms() + ANSWER_WITHIN_MS;
  std::erase_if(neighbours, [&](Neighbour& each) { return !hearReport(&each, deadline); });
  std::sort(neighbours.begin(), neighbours.end(), [](const Neighbour& a, const Neighbour& b) { return a.idle_ms > b.idle_ms; });
  return neighbours;
}

// It has given its place up when it closes the conversation.
void end(const runtime_dir& dir, const std::string& key) {
  const UniqueFd socket(runtime_dir_connect(&dir, key.c_str()));
  if (!socket.ok() || !say(socket, MESSAGE_STOP)) return;
  frame_reader reader;
  frame_reader_init(&reader, MAX_SMALL_MESSAGE);
  frame_receive(&reader, socket.get(), now_ms() + ANSWER_WITHIN_MS);
  frame_reader_reset(&reader);
}

}  // namespace

bool makeRoomFor(const runtime_dir& dir, const std::string& key, uint64_t own_bytes) {
  const UniqueFd turn(openat(dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Two at once would end each other. Nobody waits for it: who does is parked, and has to answer the one who has it.
  if (turn.ok() && flock(turn.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  const Budget budget = budgetOfUser();
  const std::vector<Neighbour> neighbours = neighboursOf(dir, key);
  uint64_t bytes = own_bytes, zygotes = 1 + neighbours.size();
  for (const Neighbour& each : neighbours) bytes += each.bytes;
  for (const Neighbour& each : neighbours) {
    if (bytes <= budget.bytes && zygotes <= budget.zygotes) break;
    end(dir, each.key);
    // Its part of what it shares falls to the others.
    bytes -= std::min(bytes, each.freed ? each.freed : each.bytes);
    zygotes--;
  }
  return true;
}
