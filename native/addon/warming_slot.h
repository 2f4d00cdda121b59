// How many zygotes of a user may be made at the same time: a command that starts twenty programs shall not find the machine busy with twenty
// more. Their priority stays that of the programs: who has lowered it may not raise it again (setpriority(2)), and runs are forks of zygotes.
#pragma once
#include "addon/unique_fd.h"
#include "wire/runtime_dir.h"

// A place among them, held by this descriptor's lock (flock(2)) until it and all copies of it are closed. False if all are taken. True
// without one where such files cannot be had.
bool takeWarmingSlot(const runtime_dir& dir, UniqueFd* slot);
