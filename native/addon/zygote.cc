#include "addon/zygote.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "addon/image.h"
#include "addon/run_start.h"
#include "addon/server.h"
#include "addon/standby.h"
#include "addon/starter.h"
#include "wire/ask.h"

// A graph that takes longer to evaluate than this is stuck, on input that never comes for instance; SIGALRM ends it.
enum { WARM_UP_LIMIT_SECONDS = 300 };

static int64_t realtimeNs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::unique_ptr<Zygote> Zygote::begin(const std::string& key, uv_loop_s* loop, std::string* error) {
  std::unique_ptr<Zygote> zygote(new Zygote(key, loop));
  zygote->started_ns_ = realtimeNs();
  for (int fd = ZYGOTE_MANIFEST; fd < ZYGOTE_FAR_ENDS + int{STAND_IN_COUNT}; fd++) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      *error = "not started by a starter";
      return nullptr;
    }
  }
  zygote->manifest_.reset(ZYGOTE_MANIFEST);
  for (int i = 0; i < STAND_IN_COUNT; i++) zygote->far_ends_[i] = ZYGOTE_FAR_ENDS + i;
  if (!runtime_dir_open(&zygote->dir_, false)) {
    *error = std::string("runtime directory: ") + strerror(errno);
    return nullptr;
  }
  const std::string name = key + ".warming";
  zygote->listener_.reset(ZYGOTE_LISTENER);
  struct stat info;
  // It listens already; once more for SO_PEERCRED, which names the process that called it last (unix(7)).
  if (listen(zygote->listener_.get(), SOMAXCONN) != 0 || fstatat(zygote->dir_.fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    *error = std::string("socket: ") + strerror(errno);
    return nullptr;
  }
  zygote->socket_inode_ = info.st_ino;
  zygote->loop_.remember();
  alarm(WARM_UP_LIMIT_SECONDS);
  return zygote;
}

std::string Zygote::obstacle() {
  if (std::string active = loop_.newlyActive(); !active.empty()) return "open-handle: " + active;
  if (standInsWereWritten(far_ends_)) return "output-before-gate";
  // File systems count time in ticks of up to 10 ms, so a change just before the start may look like one before it.
  if (std::string file = freshness_.findChangedSince(started_ns_ - 20'000'000); !file.empty()) return "changed-while-loading: " + file;
  freshness_.watch();
  if (std::string file = freshness_.findStale(); !file.empty()) return "changed-while-loading: " + file;
  return {};
}

bool Zygote::park(const Parking& parking, Run* run) {
  alarm(0);
  environment_changes_ = changesSinceExec();
  Server server(*this, parking);
  if (!server.ready()) return false;
  // The last things before the name appears: from here on nothing posts to V8's workers, and nothing of V8's is allocated.
  parking.quiesce();
  if (!heap_pages_.makeInheritable()) return false;
  // Where nothing else is wanted no client shall come before it.
  if (chosen_engine() == ENGINE_THAW && server.makeImageNow(run)) return true;
  if (renameat(dir_.fd, (key_ + ".warming").c_str(), dir_.fd, key_.c_str()) != 0) return false;
  // After the name: until then a client goes by what the manifest says of how long warming takes.
  writeManifest(manifest_.get(), parking.manifest);
  *run = server.serve();
  return true;
}

void Zygote::becomeRun(const Parking& parking, Run* run) {
  if (run->image.ok()) {
    // JavaScript came here, and V8 may have found work for other threads on the way.
    parking.quiesce();
    const image_handover* const handover = freezeInto(run->image.release());
    return startThawedRun(*handover, &run->request, loop_, parking.rebinds, dispositions_, environment_changes_);
  }
  if (run->orders.ok()) waitForOrder(std::move(run->orders), &run->request, &run->conversation);
  startRun(run->request, run->conversation.get(), parking.rebinds, dispositions_, environment_changes_);
}

void Zygote::abandon(const std::string& manifest) {
  unlinkat(dir_.fd, (key_ + ".warming").c_str(), 0);
  writeManifest(manifest_.get(), manifest);
  _exit(0);
}
