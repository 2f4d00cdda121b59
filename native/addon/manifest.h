// The manifest of a zygote, `<key>.json`. Whoever holds its lock (flock(2)), which is the claim, makes or is the zygote of this key.
#pragma once
#include <cstdint>
#include <string>
#include "addon/unique_fd.h"
#include "wire/runtime_dir.h"

// The manifest, made if there is none, with the claim; -1 with errno (EWOULDBLOCK: somebody else has the claim).
UniqueFd claimManifest(const runtime_dir& dir, const std::string& key);

// Replaces what it says. In place, for its lock belongs to the file.
bool writeManifest(int manifest, const std::string& text);

// Lets clients queue for a zygote that is about to be made, and says in its manifest how long that takes and what is `planned` (JSON without its
// opening brace). Returns the socket they queue at; -1 if there can be none.
UniqueFd announceZygote(const runtime_dir& dir, const std::string& key, int manifest, int64_t takes_ms, const std::string& planned);
