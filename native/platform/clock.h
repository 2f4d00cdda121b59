// The kernel's clocks.
#pragma once
#include <cstdint>
#include <ctime>

// Nanoseconds (clock_gettime(2)).
inline uint64_t nowNs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}
