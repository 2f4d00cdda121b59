// What a fork of the zygote does before JavaScript goes on in it.
#pragma once
#include <utility>
#include <vector>
#include "addon/dispositions.h"
#include "addon/environment.h"
#include "addon/event_loop.h"
#include "addon/heap_pages.h"
#include "addon/request.h"
#include "wire/image.h"

// All that does not depend on the client. Called in the child, once, as the first thing. `zygote`: its pid, for a standby, which is not to
// outlive it; 0 for a run that begins at once. Ends the process instead of returning if a step fails.
void prepareRun(pid_t zygote, const HeapPages& heap_pages, EventLoop& loop);

// The rest. Ends the process instead of returning if a step fails or the client is gone: until STARTED is sent, not a line of the program
// has run, and the client falls back to a plain run.
void startRun(RunRequest& request, int conversation, const std::vector<std::pair<int, int>>& rebinds, const Dispositions& dispositions,
              const EnvironmentChanges& changes);

// The same for a process that was its client, and has just become this one.
void startThawedRun(const image_handover& handover, RunRequest* request, EventLoop& loop, const std::vector<std::pair<int, int>>& rebinds,
                    const Dispositions& dispositions, const EnvironmentChanges& changes);

// The run is about to end with this exit code by Node's own decision: tells the client (who ends once the process is gone) and leaves.
// A standby that gets here has no client; then nobody is told.
// Node's own teardown must not be reached: it would join threads that were not forked along.
[[noreturn]] void leaveRun(int code);
