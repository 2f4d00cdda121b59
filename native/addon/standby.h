// A run forked in advance: all that does not depend on the client is done, and it waits for its order.
#pragma once
#include <sys/types.h>
#include "addon/request.h"
#include "addon/unique_fd.h"

// The zygote's end of it.
struct Standby {
  pid_t pid = 0;
  UniqueFd orders;

  bool ok() const { return orders.ok(); }
  // Makes it the run of this client; it is no standby any more then. False if it does not listen: it is ended.
  bool order(const RunRequest& request, int conversation);
};

// In the standby: returns with a client's request. Ends the process when the zygote closes its end, for it is stale or about to leave.
void waitForOrder(UniqueFd orders, RunRequest* request, UniqueFd* conversation);
