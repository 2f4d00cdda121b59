#include "addon/zygote_image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "wire/ask.h"
#include "wire/image.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

bool ZygoteImage::isWanted() const { return !isReady() && maker_ == 0 && obstacle_.empty() && chosen_engine() != ENGINE_FORK; }

UniqueFd ZygoteImage::begin() {
  // It holds code. Kernels before 6.3 know no flag for that, and need none (memfd_create(2)).
  memory_.reset(memfd_create(IMAGE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
  if (!memory_.ok() && errno == EINVAL) memory_.reset(memfd_create(IMAGE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  UniqueFd makers(memory_.ok() && ftruncate(memory_.get(), IMAGE_SIZE) == 0 ? fcntl(memory_.get(), F_DUPFD_CLOEXEC, 0) : -1);
  if (!makers.ok()) obstacle_ = std::string("memory: ") + strerror(errno);
  else mapHot();
  return makers;
}

// Not in forks: what is shared and may be written to would be no part of an image, and no run's business.
void ZygoteImage::mapHot() {
  void* const at = mmap(nullptr, sizeof *hot_, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), IMAGE_HOT);
  if (at == MAP_FAILED) return;
  hot_ = static_cast<image_hot*>(at);
  if (madvise(at, sizeof *hot_, MADV_DONTFORK) == 0) hot_->is_wanted = 1;
  else unmapHot();
}

void ZygoteImage::unmapHot() {
  if (hot_) munmap(hot_, sizeof *hot_);
  hot_ = nullptr;
}

// Once it is, nothing but what this process has mapped can be written to (F_SEAL_FUTURE_WRITE, fcntl(2), Linux 5.1), or nothing at all.
bool ZygoteImage::seal() {
  enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW };
  if (hot_ && fcntl(memory_.get(), F_ADD_SEALS, SEALS | F_SEAL_FUTURE_WRITE) == 0) return true;
  if (hot_) hot_->is_wanted = 0;
  unmapHot();
  return fcntl(memory_.get(), F_ADD_SEALS, SEALS | F_SEAL_WRITE) == 0;
}

void ZygoteImage::madeBy(pid_t maker) {
  if (maker < 0) obstacle_ = "fork";
  else maker_ = maker;
}

void ZygoteImage::finish(int maker_status) {
  maker_ = 0;
  const auto header = std::make_unique<image_header>();
  const bool is_written = pread(memory_.get(), header.get(), sizeof *header, IMAGE_HEADER) == sizeof *header;
  if (WIFEXITED(maker_status) && WEXITSTATUS(maker_status) == 0 && is_written && header->magic == IMAGE_MAGIC && seal()) {
    populated_ = header->populated;
    return;
  }
  obstacle_ = is_written && header->reason[0] ? std::string(header->reason, strnlen(header->reason, sizeof header->reason)) : "maker-died";
  unmapHot();
  memory_.reset();
}

// There the page is not mapped.
void ZygoteImage::leaveToZygote() {
  hot_ = nullptr;
  memory_.reset();
}

// What the first one has written to and the second one, too. What only one did depends on its arguments, or on what it was given to do.
void ZygoteImage::learn(HotPages written) {
  if (!hot_ || !hot_->is_wanted || written.empty()) return;
  if (!first_) {
    first_ = std::move(written);
    return;
  }
  const HotPages hot = commonPages(*first_, written);
  first_.reset();
  std::copy(hot.begin(), hot.end(), hot_->ranges);
  hot_->count = static_cast<uint32_t>(hot.size());
  hot_->is_wanted = 0;
}
