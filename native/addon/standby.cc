#include "addon/standby.h"

#include <csignal>
#include "wire/frame.h"

// It does nothing but wait, so longer means that it was stopped.
enum { LISTENS_WITHIN_MS = 100 };

bool Standby::order(const RunRequest& request, int conversation) {
  const bool sent = sendOrder(orders.get(), request, conversation, now_ms() + LISTENS_WITHIN_MS);
  if (!sent) kill(pid, SIGKILL);
  orders.reset();
  return sent;
}

void waitForOrder(UniqueFd orders, RunRequest* request, UniqueFd* conversation) {
  frame_reader message;
  frame_reader_init(&message, MAX_REQUEST + sizeof(go_head));
  if (frame_receive(&message, orders.get(), NO_DEADLINE) != FRAME_COMPLETE) _exit(0);
  if (!decodeOrder(&message, request, conversation)) _exit(127);
  frame_reader_reset(&message);
}
