// The channel to a parent (wire/channel.h) of a zygote whose program is started with one: it leads nowhere, and has the number of the run's, which takes
// its place. So modules find what they find in a program, and Node's stream on it is the run's.
#pragma once
#include "addon/unique_fd.h"

class Channel {
 public:
  // The number is one of the lowest, which are kept free (addon/low_descriptors.h). False if there can be none.
  bool open(int number);
  // -1: there is none.
  int number() const { return number_; }
  // In a run, whose channel has another end.
  void closeFarEnd() { far_end_.reset(); }

 private:
  int number_ = -1;
  UniqueFd far_end_;
};
