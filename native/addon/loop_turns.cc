#include "addon/loop_turns.h"

#include <cstdlib>
#include <cstring>

// Part of libuv 1.x's stable ABI (include/uv.h); the size of a handle is asked for.
extern "C" {
struct uv_prepare_s;
const char* uv_handle_type_name(int);
size_t uv_handle_size(int);
int uv_prepare_init(uv_loop_s*, uv_prepare_s*);
int uv_prepare_start(uv_prepare_s*, void (*)(uv_prepare_s*));
int uv_prepare_stop(uv_prepare_s*);
void uv_unref(uv_prepare_s*);
}

enum { PREPARE_TYPE = 9 };

static uv_prepare_s* prepare = nullptr;
static std::function<void()> look_at_turn;

bool atEachTurn(uv_loop_s* loop, std::function<void()> look) {
  const char* const type = uv_handle_type_name(PREPARE_TYPE);
  if (prepare || !type || strcmp(type, "prepare") != 0) return false;
  prepare = static_cast<uv_prepare_s*>(malloc(uv_handle_size(PREPARE_TYPE)));
  if (!prepare || uv_prepare_init(loop, prepare) != 0) return false;
  uv_unref(prepare);
  look_at_turn = std::move(look);
  return uv_prepare_start(prepare, [](uv_prepare_s*) { look_at_turn(); }) == 0;
}

// It stays: to close it would have the loop turn once more.
void endTurns() {
  if (prepare) uv_prepare_stop(prepare);
}
