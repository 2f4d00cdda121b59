// Descriptors 0-2 of a zygote: of the same kinds as the client's that it is made for, so that modules that ask (isatty, the kind of
// a stream) get the same answers, but leading nowhere.
#pragma once

#include <string>
#include <sys/ioctl.h>
#include <termios.h>

enum { STAND_IN_COUNT = 3 };

// What descriptors 0-2 of this process are.
struct StandInPlan {
  char kinds[STAND_IN_COUNT];
  winsize size;  // of the terminal among them, if any
  termios modes;
};
StandInPlan planStandIns();

// Replaces descriptors 0-2 of this process. The far end of each is put at `far_ends[fd]` (not close-on-exec), -1 where there is
// none. Safe between fork and exec. False if one cannot be made.
bool installStandIns(const StandInPlan& plan, int far_ends[STAND_IN_COUNT]);

// True if something was written to one of them.
bool standInsWereWritten(const int far_ends[STAND_IN_COUNT]);

// What was written to the one with this far end, up to `most` bytes of it.
std::string writtenToStandIn(int far_end, size_t most);
