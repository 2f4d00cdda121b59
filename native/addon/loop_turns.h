// Looks at the event loop at each of its turns: unseen by the program, and without keeping the loop alive.
#pragma once
#include <functional>

struct uv_loop_s;

// Calls `look` before the loop waits. One at a time; false if it cannot be.
bool atEachTurn(uv_loop_s* loop, std::function<void()> look);

void endTurns();
