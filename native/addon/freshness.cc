#include "addon/freshness.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <thread>

// They count in ticks of up to 10 ms, so a change may look older than it is.
static constexpr int64_t TICK_NS = 20'000'000;

static int64_t nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

int64_t realtimeNs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

Freshness::Identity Freshness::identityOf(const struct stat& info, OfFolder of_folder) {
  if (S_ISDIR(info.st_mode) && of_folder == OfFolder::existence) return {.present = true, .size = -1};
  return {true, info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

Freshness::Identity Freshness::look(const std::string& path, OfFolder of_folder) {
  struct stat info;
  // Not stat(2), which the observer takes for a look of the program's (native/observer/files.c).
  if (fstatat(AT_FDCWD, path.c_str(), &info, 0) != 0) return {};
  return identityOf(info, of_folder);
}

Freshness::File& Freshness::recordAs(const std::string& path, OfFolder of_folder) {
  const auto [known, is_new] = known_.try_emplace(path);
  auto& [folder_index, file_index] = known->second;
  if (is_new) {
    const size_t name_start = path.rfind('/') + 1;
    const std::string folder = path.substr(0, name_start), name = path.substr(name_start);
    const auto [at, is_new_folder] = folder_index_.emplace(folder, folders_.size());
    if (is_new_folder) folders_.push_back({folder, {}});
    folder_index = at->second;
    file_index = folders_[folder_index].files.size();
    folders_[folder_index].files.push_back({name, of_folder, look(path, of_folder)});
  }
  return folders_[folder_index].files[file_index];
}

void Freshness::record(const std::string& path) { recordAs(path, OfFolder::existence); }

bool Freshness::recordLook(std::string path, bool is_listing, const struct stat& found) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path == "/" && !is_listing) return true;
  const OfFolder of_folder = is_listing ? OfFolder::everything : OfFolder::existence;
  File& file = recordAs(is_listing ? path + "/." : path, of_folder);
  file.is_heard = true;
  return file.identity == (found.st_mode ? identityOf(found, of_folder) : Identity());
}

const Freshness::File* Freshness::findStaleIn(const Folder& folder) {
  std::string path = folder.path;
  for (const File& file : folder.files) {
    path.replace(folder.path.size(), std::string::npos, file.name);
    // By its whole path: to open the folder for it would take longer than to walk there for each of its few files.
    if (!file.is_forgotten && look(path, file.of_folder) != file.identity) return &file;
  }
  return nullptr;
}

void Freshness::forget(const std::string& path) {
  const auto known = known_.find(path);
  if (known == known_.end()) return;
  folders_[known->second.first].files[known->second.second].is_forgotten = true;
  known_.erase(known);
}

bool Freshness::wasLookedFor(const std::string& path) const {
  const auto known = known_.find(path);
  return known != known_.end() && folders_[known->second.first].files[known->second.second].is_heard;
}

void Freshness::watch() {
  watches_.emplace();
  for (Folder& folder : folders_)
    folder.is_watched = std::all_of(folder.files.begin(), folder.files.end(), [&](const File& file) {
      return file.of_folder == OfFolder::everything ? watches_->addNames(folder.path) : watches_->add(folder.path + file.name);
    });
}

void Freshness::unwatch() {
  watches_.reset();
  // What happens from here on up to the next watch() nobody hears.
  may_have_changed_ = true;
  for (Folder& folder : folders_) folder.is_watched = false;
}

size_t Freshness::unwatchedCount() const {
  return static_cast<size_t>(std::count_if(folders_.begin(), folders_.end(), [](const Folder& folder) { return !folder.is_watched; }));
}

std::string Freshness::findStale() {
  enum { FOLDERS_WORTH_A_THREAD = 50, MOST_THREADS = 4 };
  struct Search {
    std::vector<const Folder*> folders;
    std::atomic<size_t> next = 0;
    std::atomic<const Folder*> folder = nullptr;
    std::atomic<const File*> file = nullptr;
    void work() {
      for (size_t i; !file && (i = next++) < folders.size();) {
        const File* const stale = findStaleIn(*folders[i]);
        const File* none = nullptr;
        if (stale && file.compare_exchange_strong(none, stale)) folder = folders[i];
      }
    }
  } search;
  may_have_changed_ |= watches_ && watches_->sawChange();
  for (const Folder& folder : folders_)
    if (may_have_changed_ || !folder.is_watched) search.folders.push_back(&folder);

  pthread_t helpers[MOST_THREADS];
  size_t helper_count = 0;
  const size_t wanted = std::min<size_t>({search.folders.size() / FOLDERS_WORTH_A_THREAD, MOST_THREADS, std::max(1U, std::thread::hardware_concurrency())});
  const auto work = [](void* given) -> void* {
    static_cast<Search*>(given)->work();
    return nullptr;
  };
  for (size_t i = 1; i < wanted; i++)
    if (pthread_create(&helpers[helper_count], nullptr, work, &search) == 0) helper_count++;
  search.work();
  for (size_t i = 0; i < helper_count; i++) pthread_join(helpers[i], nullptr);
  const File* const stale = search.file;
  may_have_changed_ = stale != nullptr;
  return stale ? search.folder.load()->path + stale->name : "";
}

std::string Freshness::findChangedSince(int64_t since_ns) const {
  for (const Folder& folder : folders_)
    for (const File& file : folder.files)
      if (!file.is_forgotten && file.identity.present && file.identity.changed_ns >= since_ns - TICK_NS) return folder.path + file.name;
  return {};
}
