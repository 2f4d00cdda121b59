// Tearing down hundreds of MB of page tables takes the kernel 5-15 ms, and it does so before it closes a process's descriptors and
// tells its parent. A run leaves that to somebody nobody waits for.
#pragma once

// To be called right before _exit: starts a process that shares this one's memory and holds nothing else (no descriptor; all signals
// blocked), and ends when this one is gone; the memory goes with it. This process then ends at once, with everything that
// can be observed about an end: descriptors closed, locks released, children handed on, status told. If it cannot be started, nothing
// is lost but those milliseconds.
void leaveMemoryToOther();
