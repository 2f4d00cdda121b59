#include "addon/heard_files.h"

#include <cstdlib>
#include <cstring>
#include "addon/observer.h"
#include "observer/files.h"
#include "observer/surroundings.h"

static std::string own_files;  // how their paths begin

bool heedActs(const std::string& own_folder, void (*stop)(const char* act)) {
  own_files = own_folder.empty() ? "" : own_folder + "/";
  const auto heed = find<decltype(instastart_heed_acts)>("instastart_heed_acts");
  if (heed) heed(own_folder.c_str(), stop);
  return heed != nullptr;
}

bool heedChannel(int fd) {
  const auto heed = find<decltype(instastart_heed_channel)>("instastart_heed_channel");
  if (heed) heed(fd);
  return heed != nullptr;
}

void markOwnWork(bool is_own) {
  if (const auto mark = find<decltype(instastart_mark_own_work)>("instastart_mark_own_work")) mark(is_own);
}

void hearSurroundings() {
  if (const auto hear = find<decltype(instastart_hear_surroundings)>("instastart_hear_surroundings")) hear();
}

void ignoreActs() {
  if (const auto stop = find<decltype(instastart_stop_heeding)>("instastart_stop_heeding")) stop();
}

// libuv asks the kernel for files by way of shared memory then, where nobody hears it.
static bool isUnheard() {
  const char* const setting = getenv("UV_USE_IO_URING");
  return setting && strcmp(setting, "0") != 0;
}

std::string recordHeardFiles(Freshness* freshness) {
  const auto stop = find<decltype(instastart_stop_heeding)>("instastart_stop_heeding");
  const auto forget = find<decltype(instastart_forget_files)>("instastart_forget_files");
  if (!stop || !forget) return "no-observer";
  if (isUnheard()) return "unheard: UV_USE_IO_URING";
  const heard_files heard = stop();
  std::string changed;
  const struct stat* found = heard.found;
  for (size_t at = 0; at < heard.length && changed.empty(); at += strlen(heard.paths + at) + 1, found++) {
    const char* const path = heard.paths + at + 1;
    // From before the program began.
    if (!own_files.empty() && (path + std::string("/")).compare(0, own_files.size(), own_files) == 0) continue;
    const struct stat none {};
    // Whoever has found something by way of a link or in a folder has not found what is there by now, if another one has its name.
    if (!freshness->recordLook(path, heard.paths[at] == HEARD_LISTING, heard.paths[at] == HEARD_MISSING ? none : *found)) changed = path;
  }
  forget();
  if (heard.is_overflown) return "too-many-files";
  return changed.empty() ? "" : "changed-while-loading: " + changed;
}
