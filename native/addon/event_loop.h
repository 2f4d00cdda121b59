// What the zygote must know of libuv, by hand-written declarations: a Node-API addon has the loop's address, not its header.
// uv_loop_t's head and these functions are part of libuv 1.x's stable ABI (include/uv.h).
#pragma once
#include <string>
#include <unordered_set>
#include <vector>

struct uv_loop_s;
struct uv_handle_s;

class EventLoop {
 public:
  explicit EventLoop(uv_loop_s* loop) : loop_(loop) {}
  // Remembers what is there now: Node's own.
  void remember();
  // What became active since and would be lost or shared by a fork ("timer", "tcp", ...); empty if nothing. Those of JavaScript's timers are not lost,
  // but count on a clock that stands still meanwhile.
  enum class Timers { counted, ignored };
  std::string newlyActive(int channel, Timers timers) const;
  bool hasTimers() const;
  // Waits until libuv's pool has done what it was given: the results, which nobody has been told of yet, are in memory, and come in every fork. False if
  // that takes too long, or if a file that is open by then would be read by every fork at the same place.
  bool settleRequests();
  uv_loop_s* get() const { return loop_; }
  // The files that are open now do not count as a request's.
  void rememberFiles();
  // How many handles there are.
  size_t handleCount() const { return handles().size(); }
  // In a child, before anything else uses the loop. Returns a libuv error, 0 if none.
  int afterFork();

 private:
  std::vector<uv_handle_s*> handles() const;
  uv_loop_s* loop_;
  size_t files_before_ = 0;
  std::unordered_set<uv_handle_s*> active_before_, idle_before_;
};
