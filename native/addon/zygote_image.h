// The image of a zygote, from its making on (image.h) to being handed out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include "addon/hot_pages.h"
#include "addon/unique_fd.h"

class ZygoteImage {
 public:
  // Neither begun nor impossible.
  bool isWanted() const;
  // The file for its maker to write to; nothing where none can be had.
  UniqueFd begin();
  void madeBy(pid_t maker);
  // 0 when it is not being made.
  pid_t maker() const { return maker_; }
  // Seals it, so that no client can change it for another.
  void finish(int maker_status);

  bool isReady() const { return populated_ > 0; }
  // Bytes of pages in it.
  uint64_t populated() const { return populated_; }
  int memory() const { return memory_.get(); }
  // What one of its runs has written to.
  void learn(HotPages written);
  // In a fork, which has no use for it.
  void leaveToZygote();
  // Why there is none; empty while there may be.
  const std::string& obstacle() const { return obstacle_; }

 private:
  void mapHot();
  void unmapHot();
  bool seal();

  UniqueFd memory_;
  image_hot* hot_ = nullptr;  // null where the kernel cannot seal all but this
  std::optional<HotPages> first_;
  pid_t maker_ = 0;
  uint64_t populated_ = 0;
  std::string obstacle_;
};
