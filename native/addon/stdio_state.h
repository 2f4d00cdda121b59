// How the run found its standard descriptors, and that it leaves them so: terminal modes and O_NONBLOCK, which others share.
// Node does the same for the process that it was started in (src/node.cc, ResetStdio), which was the zygote.
#pragma once
#include "addon/dispositions.h"

// In a run, before anything is done to the client's descriptors.
void rememberStdio();

// Called wherever a run ends in an orderly way; may be called from a signal handler.
void restoreStdio();

// Lets SIGINT and SIGTERM end a run as they end plain Node: after restoreStdio(). `dispositions`: of the zygote as it was before it parked.
void restoreStdioOnSignals(const Dispositions& dispositions);
