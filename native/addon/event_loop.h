// What the zygote must know of libuv, by hand-written declarations: a Node-API addon has the loop's address, not its header.
// uv_loop_t's head and these functions are part of libuv 1.x's stable ABI (include/uv.h).
#pragma once
#include <string>
#include <unordered_set>

struct uv_loop_s;

class EventLoop {
 public:
  explicit EventLoop(uv_loop_s* loop) : loop_(loop) {}
  // Remembers what is active now: Node's own.
  void rememberActive();
  // What became active since and would be lost or shared by a fork ("timer", "tcp", ... or "request"); empty if nothing.
  std::string newlyActive() const;
  // In a child, before anything else uses the loop. Returns a libuv error, 0 if none.
  int afterFork();

 private:
  std::unordered_set<void*> active() const;
  uv_loop_s* loop_;
  std::unordered_set<void*> known_;
};
