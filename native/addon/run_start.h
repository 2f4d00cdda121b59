// What a fork of the zygote does before JavaScript goes on in it.
#pragma once
#include <utility>
#include <vector>
#include "addon/dispositions.h"
#include "addon/environment.h"
#include "addon/event_loop.h"
#include "addon/request.h"

// Called in the child, once. Ends the process instead of returning if a step fails or the client is gone: until STARTED is sent,
// not a line of the program has run, and the client falls back to a plain run.
void startRun(RunRequest& request, int conversation, const std::vector<std::pair<int, int>>& rebinds, const Dispositions& dispositions,
              const EnvironmentChanges& changes, EventLoop& loop);

// The run is about to end with this exit code by Node's own decision: tells the client (who ends once the process is gone) and leaves.
// Node's own teardown must not be reached: it would join threads that were not forked along.
[[noreturn]] void leaveRun(int code);
