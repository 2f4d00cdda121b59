// What all zygotes of a user (of one runtime directory) may take together, and who has to leave for another. Each sees to it itself: before it
// evaluates anything, and once it has parked and has its image; so there is never more too much than what is being made (warming_slot.h).
#pragma once
#include <cstdint>
#include <string>
#include <sys/types.h>
#include "wire/runtime_dir.h"

struct Budget {
  uint64_t bytes, zygotes;
};

// INSTASTART_MEMORY (bytes; K, M, G or T behind them), else a quarter of the memory that there is. INSTASTART_ZYGOTES, else 32.
Budget budgetOfUser();

struct Footprint {
  uint64_t bytes = 0;      // pages that are shared count in part, so that the sum over all processes counts them once (PSS)
  uint64_t anonymous = 0;  // of these, the ones that are no file's: they are free again once the process is gone
};

// 0 of a process that is gone.
Footprint footprintOf(pid_t pid);

// Ends other zygotes, first those of which a file has changed, then those that nobody has needed for longest, until the rest and this one,
// which takes `own_bytes`, are within the budget. False if another process is doing so right now.
bool makeRoomFor(const runtime_dir& dir, const std::string& key, uint64_t own_bytes);
