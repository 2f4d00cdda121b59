// SIGUSR1 in a run opens Node's inspector, as in any Node. The thread that Node has for that is started when the signal comes, or with the
// run's first other thread (observer/watchdog.h): most runs have none.
#pragma once

struct uv_loop_s;

// In a zygote, as it begins: Node's handler for the signal gets company, here and in the runs; while it is the handler.
void beginDebugSignal(uv_loop_s* loop);

void debugSignalInRun();
