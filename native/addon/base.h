// The base of a program: a zygote that has evaluated packages only, and parked. After an edit of the program's own files another zygote is
// forked from it, in which they are evaluated, and nothing else has to be.
#pragma once
#include <cstdint>
#include <string>
#include <vector>
#include "addon/footing.h"
#include "addon/freshness.h"
#include "addon/unique_fd.h"
#include "addon/zygote.h"

// What a zygote says to its base as it leaves, if another one is worth a try: at once, or once an own file has changed.
inline constexpr const char LEFT_EDITED[] = "edited", LEFT_FAILED[] = "failed";

struct BaseParking {
  std::string planned;  // of the manifests of its zygotes: JSON without its opening brace, and without what is known only when each is forked
  int64_t idle_ms;      // leave after so long without a zygote
  std::string entry;  // that Node has looked for it already counts for nothing: it may change
  std::vector<std::string> own;  // paths of all own files, as far as they are known
};

class Base {
 public:
  Base(Zygote& zygote, BaseParking parking) : zygote_(zygote), parking_(std::move(parking)) {}

  // Becomes the base. Returns true in each zygote that is made from it, the first at once; false if it could not park.
  bool park();

 private:
  enum class Made { nothing, here, elsewhere };  // `here`: this process is the new zygote

  bool watchDoor(const std::string& key);
  // Returns in zygotes only.
  void serve();
  Made answer(const UniqueFd& client);
  bool claim();
  Made forkZygote();
  void becomeZygote(UniqueFd to_base);
  void waitForTick() const;
  // Takes what the zygote has said, without waiting. False if the base is to leave, as its zygote has.
  bool hearZygote();
  [[noreturn]] void leave();

  Zygote& zygote_;
  const BaseParking parking_;
  int64_t idle_since_ = 0;
  UniqueFd signals_, listener_;
  Footing footing_;
  std::string key_;
  // The zygote there is, or was last.
  UniqueFd from_zygote_;
  Freshness own_files_;  // as it was forked
  bool is_warming_ = false;
  std::string left_;
  int64_t forked_ms_ = 0, takes_ms_ = 0;
};
