// Keeps the lowest numbers of descriptors taken in a zygote, so that Node's own are above: an image's are where they were, and in a client that
// becomes its run, what the caller has handed down has low ones.
#pragma once
#include "wire/descriptors.h"

// Between fork and exec: takes those from `first` on. Does nothing where the limit of descriptors is so low that Node needs them itself.
void takeLowDescriptors(int first);

class LowDescriptors {
 public:
  // In the zygote that was executed with them.
  LowDescriptors();
  // The same descriptor, close-on-exec, above; its old number is taken from now on. Where they are not taken it stays where it is.
  int moveUp(int fd) const;
  // In a run, which has them as any process has. No descriptor of its own is among them but `spared`; -1: none.
  void release(int spared) const;

 private:
  const bool are_taken_;
};
