#include "addon/printed_output.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <unistd.h>

namespace {

constexpr size_t MOST_BYTES = 64 * 1024, MOST_PARTS = 100;

// Minutes and years: another zygote that prints the same right after would not show that these change. What changes faster it does show.
bool mentionsTime(const std::string& text) {
  const time_t now = time(nullptr);
  for (const auto convert : {localtime_r, gmtime_r}) {
    tm parts;
    if (!convert(&now, &parts)) continue;
    for (const char* format : {"%H:%M", "%I:%M", "%Y"}) {
      char part[16];
      strftime(part, sizeof part, format, &parts);
      // Without the zero of an hour before ten.
      if (text.find(part[0] == '0' ? part + 1 : part) != std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace

bool PrintedOutput::mayKeep(const std::string& text) const {
  size_t size = text.size();
  for (const Part& part : parts_) size += part.text.size();
  return size <= MOST_BYTES && parts_.size() < MOST_PARTS && !mentionsTime(text);
}

void PrintedOutput::keep(int stream, std::string text) { parts_.push_back({stream, std::move(text)}); }

bool PrintedOutput::canPrint() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) {
    pollfd stream{part.stream, POLLOUT, 0};
    return poll(&stream, 1, 0) >= 0 && !(stream.revents & (POLLERR | POLLNVAL));
  });
}

void PrintedOutput::print() const {
  for (const auto& [stream, text] : parts_) {
    for (size_t done = 0; done < text.size();) {
      const ssize_t written = write(stream, text.data() + done, text.size() - done);
      if (written >= 0) {
        done += static_cast<size_t>(written);
        continue;
      }
      pollfd writable{stream, POLLOUT, 0};
      if (errno == EAGAIN) poll(&writable, 1, -1);
      else if (errno != EINTR) break;
    }
  }
}

std::string PrintedOutput::of(int stream) const {
  std::string all;
  for (const Part& part : parts_)
    if (part.stream == stream) all += part.text;
  return all;
}

std::string textOf(const iovec* parts, int count) {
  std::string text;
  for (int i = 0; i < count; i++) text.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return text;
}
