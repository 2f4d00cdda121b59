#include "addon/zygote_image.h"

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
  memory_.reset(memfd_create("instastart image", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
  if (!memory_.ok() && errno == EINVAL) memory_.reset(memfd_create("instastart image", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  UniqueFd makers(memory_.ok() && ftruncate(memory_.get(), IMAGE_HEADER + (64 << 20)) == 0 ? fcntl(memory_.get(), F_DUPFD_CLOEXEC, 0) : -1);
  if (!makers.ok()) obstacle_ = std::string("memory: ") + strerror(errno);
  return makers;
}

void ZygoteImage::madeBy(pid_t maker) {
  if (maker < 0) obstacle_ = "fork";
  else maker_ = maker;
}

void ZygoteImage::finish(int maker_status) {
  maker_ = 0;
  const auto header = std::make_unique<image_header>();
  const bool is_written = pread(memory_.get(), header.get(), sizeof *header, IMAGE_HEADER) == sizeof *header;
  const bool is_sealed = WIFEXITED(maker_status) && WEXITSTATUS(maker_status) == 0 && is_written && header->magic == IMAGE_MAGIC &&
              fcntl(memory_.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
  if (is_sealed) {
    populated_ = header->populated;
    return;
  }
  obstacle_ = is_written && header->reason[0] ? std::string(header->reason, strnlen(header->reason, sizeof header->reason)) : "maker-died";
  memory_.reset();
}
