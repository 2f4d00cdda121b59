// The maker's side of thaw: a fork of the zygote that comes to rest at the point where runs go on, and leaves itself as an image.
#pragma once
#include "wire/image.h"

// Writes this process into `memory` (a memfd) and ends it, with a reason in the header if it cannot be thawed. Returns in runs only, each
// of which was another process: with what the client left for it. From here to there nothing may be allocated. `channel`: see addon/channel.h.
const image_handover* freezeInto(int memory, int channel);
