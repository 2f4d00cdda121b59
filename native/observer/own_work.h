// Whether this thread does what is ours (instastart_mark_own_work): then nothing is the program's question or act.
#pragma once
#include <stdbool.h>

extern _Thread_local bool is_own_work __attribute__((visibility("hidden")));
