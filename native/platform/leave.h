// The ways out of a run. Node's own teardown joins worker threads that a fork does not have, so a run leaves before it gets there.
#pragma once
#include <node.h>

// In a zygote, before any module: Node's clean-up of an environment runs the hooks that were registered last first, so that what modules
// and Node itself have to clean up is done when ours runs, and leaves.
void prepareToLeave(v8::Isolate* isolate);

// In a run: from now on `leave` ends the process, with the exit code of a plain run, whichever way Node comes to its end.
void leaveBy(v8::Isolate* isolate, void (*leave)(int code));
