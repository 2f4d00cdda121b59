// The base of a program: a zygote that has evaluated packages only, and parked. After an edit of the program's own files another zygote is
// forked from it, in which they are evaluated, and nothing else has to be.
#pragma once
#include <cstdint>
#include <string>
#include <vector>
#include <sys/types.h>
#include "addon/footing.h"
#include "addon/unique_fd.h"
#include "addon/zygote.h"

class Base {
 public:
  // `idle_ms`: it leaves after so long without a zygote.
  Base(Zygote& zygote, int64_t idle_ms) : zygote_(zygote), idle_ms_(idle_ms) {}

  // Becomes the base. Returns true in each zygote that is made from it, the first at once; false if it could not park.
  bool park();

 private:
  enum class Made { nothing, here, elsewhere };  // `here`: this process is the new zygote

  bool open(const std::string& key);
  bool serve();
  Made answer(const UniqueFd& client);
  // The claim of a zygote to be made: empty, or why there is none.
  std::string claim();
  Made forkZygote();
  void becomeZygote(UniqueFd to_base);
  // False if the base is to leave: its zygote has, and not because of an edit.
  bool hearZygote();
  [[noreturn]] void leave();

  Zygote& zygote_;
  const int64_t idle_ms_;
  int64_t idle_since_ = 0;
  UniqueFd signals_, listener_;
  Footing footing_;
  std::string key_, manifest_tail_;
  // The zygote there is, or was last.
  UniqueFd from_zygote_;
  pid_t pid_ = 0;
  bool is_warming_ = false, is_edited_ = false;
  int64_t forked_ms_ = 0, takes_ms_ = 0;
};
