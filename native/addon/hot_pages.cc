#include "addon/hot_pages.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <numeric>
#include <unistd.h>
#include "addon/memory_map.h"
#include "addon/unique_fd.h"
#include "wire/frame.h"
#include "wire/runtime_dir.h"

namespace {

// 16 MB. A program that writes to more computes for so long that it would not gain by it.
constexpr uint64_t MOST_PAGES = 4096;

// In numbers of pages.
struct Range {
  uint64_t start, end;
};

Range decode(uint64_t range) {
  const uint64_t start = range / IMAGE_PAGE;
  return {start, start + range % IMAGE_PAGE};
}

// Adds it to the last one if that ends at most `gap` pages before.
void append(std::vector<Range>* ranges, const Range& range, uint64_t gap) {
  if (!ranges->empty() && range.start <= ranges->back().end + gap) ranges->back().end = range.end;
  else ranges->push_back(range);
}

// A system call costs as much as a page or two.
constexpr uint64_t LEAST_GAP = 1;

// Nothing if they are too scattered.
HotPages encode(std::vector<Range> ranges) {
  HotPages pages;
  for (uint64_t gap = LEAST_GAP; gap <= MOST_PAGES; gap *= 2) {
    std::vector<Range> joined;
    for (const Range& range : ranges) append(&joined, range, gap);
    pages.clear();
    for (Range range : joined)
      for (uint64_t length; range.start < range.end; range.start += length) {
        length = std::min<uint64_t>(range.end - range.start, IMAGE_PAGE - 1);
        pages.push_back(range.start * IMAGE_PAGE + length);
      }
    if (pages.size() <= IMAGE_HOT_MOST) return pages;
    ranges = std::move(joined);
  }
  return {};
}

void appendOwnPages(int pagemap, const MemoryArea& area, std::vector<Range>* written) {
  std::vector<uint64_t> entries((area.end - area.start) / IMAGE_PAGE);
  const ssize_t got = pread(pagemap, entries.data(), entries.size() * sizeof(uint64_t), static_cast<off_t>(area.start / IMAGE_PAGE * sizeof(uint64_t)));
  for (size_t i = 0; i < static_cast<size_t>(std::max<ssize_t>(got, 0)) / sizeof(uint64_t); i++)
    if (isOwnPage(entries[i])) append(written, {area.start / IMAGE_PAGE + i, area.start / IMAGE_PAGE + i + 1}, 0);
}

}  // namespace

HotPages writtenPages() {
  const UniqueFd pagemap(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  MemoryMap map;
  std::vector<Range> written;
  if (!map.ok()) return {};
  for (MemoryArea area; map.next(&area);)
    if (area.own_pages && area.permissions[1] == 'w' && area.permissions[3] == 'p' && strncmp(area.name, IMAGE_MAPS_NAME, strlen(IMAGE_MAPS_NAME)) == 0)
      appendOwnPages(pagemap.get(), area, &written);
  return encode(std::move(written));
}

HotPages commonPages(const HotPages& a, const HotPages& b) {
  std::vector<Range> common;
  for (auto left = a.begin(), right = b.begin(); left != a.end() && right != b.end();) {
    const Range one = decode(*left), other = decode(*right);
    const Range both = {std::max(one.start, other.start), std::min(one.end, other.end)};
    if (both.start < both.end) append(&common, both, LEAST_GAP);
    ++(one.end < other.end ? left : right);
  }
  const HotPages pages = encode(std::move(common));
  // With what was added between them.
  const auto count = std::accumulate(pages.begin(), pages.end(), uint64_t{0}, [](uint64_t sum, uint64_t each) { return sum + each % IMAGE_PAGE; });
  return count <= MOST_PAGES ? pages : HotPages();
}

HotPages decodeHotPages(const char* bytes, size_t length) {
  if (length == 0 || length % sizeof(uint64_t) != 0 || length > IMAGE_HOT_MOST * sizeof(uint64_t)) return {};
  HotPages pages(length / sizeof(uint64_t));
  memcpy(pages.data(), bytes, length);
  uint64_t end = 0;
  for (const uint64_t each : pages) {
    const Range range = decode(each);
    if (range.start < end || range.start == range.end || range.end > IMAGE_HEADER / IMAGE_PAGE) return {};
    end = range.end;
  }
  return pages;
}

static std::string zygote_directory, zygote_socket;

void promiseWrittenPages(const std::string& directory, const std::string& socket) {
  zygote_directory = directory;
  zygote_socket = socket;
}

void tellWrittenPages() {
  if (zygote_socket.empty()) return;
  const HotPages pages = writtenPages();
  const UniqueFd folder(open(zygote_directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (pages.empty() || !folder.ok()) return;
  const runtime_dir dir{{}, folder.get()};
  const UniqueFd zygote(runtime_dir_connect(&dir, zygote_socket.c_str()));
  // What fits into a socket's buffer needs nobody who reads it.
  if (zygote.ok()) frame_send(zygote.get(), MESSAGE_WRITTEN, pages.data(), pages.size() * sizeof(uint64_t), nullptr, 0, now_ms());
}
