// One change each, to the paths below or to what leads to them.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "addon/freshness.h"
#include "native/testing.h"

namespace fs = std::filesystem;

namespace {

// Its paths, as a program would give them:
//   app/main.js
//   app/main.ts            is not there, and would shadow the one before
//   app/node_modules/p.js  neither the file nor the folder is there
//   alias/lib/dep.js       through two links: alias -> packages/./v1, packages/v1/lib -> ../../store/lib
//   link.js -> app/main.js
struct Tree {
  fs::path root;
  Tree() {
    char name[] = "/tmp/instastart-freshness-XXXXXX";
    root = mkdtemp(name);
    for (const char* folder : {"app", "packages/v1", "packages/v2", "store/lib", "elsewhere"}) fs::create_directories(root / folder);
    write("app/main.js", "main");
    write("app/other.txt", "other");
    write("store/lib/dep.js", "dep");
    fs::create_directories(root / "packages/v2/lib");
    fs::copy_file(root / "store/lib/dep.js", root / "packages/v2/lib/dep.js");
    fs::create_directory_symlink("packages/./v1", root / "alias");
    fs::create_directory_symlink("../../store/lib", root / "packages/v1/lib");
    fs::create_symlink("app/main.js", root / "link.js");
    fs::create_hard_link(root / "app/main.js", root / "elsewhere/second-name.js");
  }
  ~Tree() {
    umount2((root / "store/lib").c_str(), MNT_DETACH);
    fs::remove_all(root);
  }
  fs::path operator/(const char* name) const { return root / name; }
  void write(const char* name, const char* text) const { std::ofstream(root / name) << text; }
  void record(Freshness* freshness) const {
    for (const char* name : {"app/main.js", "app/main.ts", "app/node_modules/p.js", "alias/lib/dep.js", "link.js"}) freshness->record(root / name);
  }
};

using Change = std::function<void(const Tree&)>;

// What was changed as the freshness was looked for is told, once and again.
void isNoticed(bool watched, const Change& change) {
  const Tree tree;
  Freshness freshness;
  tree.record(&freshness);
  if (watched) freshness.watch();
  CHECK(watched == (freshness.unwatchedCount() == 0));
  for (int i = 0; i < 3; i++) CHECK(freshness.findStale().empty());
  change(tree);
  for (int i = 0; i < 3; i++) CHECK(!freshness.findStale().empty());
}

void isNoChange(bool watched, const Change& change) {
  const Tree tree;
  Freshness freshness;
  tree.record(&freshness);
  if (watched) freshness.watch();
  change(tree);
  CHECK(freshness.findStale().empty());
  // And the next one is noticed all the same.
  tree.write("store/lib/dep.js", "edit");
  CHECK(!freshness.findStale().empty());
}

void restoringSizeAndTime(const Tree& tree) {
  const auto time = fs::last_write_time(tree / "app/main.js");
  tree.write("app/main.js", "niam");
  fs::last_write_time(tree / "app/main.js", time);
}

void throughAMapping(const Tree& tree) {
  const int fd = open((tree / "app/main.js").c_str(), O_RDWR | O_CLOEXEC);
  void* const page = mmap(nullptr, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(page != MAP_FAILED);
  close(fd);
  memcpy(page, "edit", 4);
  munmap(page, 4);
}

void replaceWithCopy(const fs::path& folder) {
  fs::rename(folder, folder.string() + ".old");
  fs::copy(folder.string() + ".old", folder, fs::copy_options::recursive);
}

void whileSomebodyIsInIt(const fs::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "dep.js") << "dep";
  close(fd);
}

// In a namespace of its own, so that nothing is left mounted.
void mountedOver(bool watched) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    fprintf(stderr, "no mounts allowed here: %s\n", strerror(errno));
    exit(77);
  }
  CHECK(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  isNoticed(watched, [](const Tree& tree) {
    CHECK(mount((tree / "packages/v2/lib").c_str(), (tree / "store/lib").c_str(), nullptr, MS_BIND, nullptr) == 0);
  });
}

const std::vector<std::pair<std::string, Change>> changes = {
    {"a write", [](const Tree& tree) { tree.write("app/main.js", "more than before"); }},
    {"a write that restores size and time", restoringSizeAndTime},
    {"a store in a mapping", throughAMapping},
    {"a write by another name that was there", [](const Tree& tree) { tree.write("elsewhere/second-name.js", "more than before"); }},
    {"a write by another name made since",
     [](const Tree& tree) {
       fs::create_hard_link(tree / "store/lib/dep.js", tree / "elsewhere/new-name.js");
       tree.write("elsewhere/new-name.js", "more than before");
     }},
    {"a change of mode", [](const Tree& tree) { fs::permissions(tree / "app/main.js", fs::perms::owner_read); }},
    {"removal", [](const Tree& tree) { fs::remove(tree / "app/main.js"); }},
    {"replacement by rename",
     [](const Tree& tree) {
       tree.write("app/main.js.new", "main");
       fs::rename(tree / "app/main.js.new", tree / "app/main.js");
     }},
    {"a shadowing file", [](const Tree& tree) { tree.write("app/main.ts", ""); }},
    {"a folder with the file in it",
     [](const Tree& tree) {
       fs::create_directory(tree / "app/node_modules");
       tree.write("app/node_modules/p.js", "");
     }},
    {"a folder with the file in it, moved here",
     [](const Tree& tree) {
       fs::create_directory(tree / "elsewhere/modules");
       tree.write("elsewhere/modules/p.js", "");
       fs::rename(tree / "elsewhere/modules", tree / "app/node_modules");
     }},
    {"a link on the way that leads elsewhere",
     [](const Tree& tree) {
       fs::remove(tree / "alias");
       fs::create_directory_symlink("packages/v2", tree / "alias");
     }},
    {"a link to a link that leads elsewhere",
     [](const Tree& tree) {
       fs::remove(tree / "packages/v1/lib");
       fs::create_directory_symlink("../v2/lib", tree / "packages/v1/lib");
     }},
    {"a file's link that leads elsewhere",
     [](const Tree& tree) {
       fs::remove(tree / "link.js");
       fs::create_symlink("app/other.txt", tree / "link.js");
     }},
    {"a folder replaced by a copy", [](const Tree& tree) { replaceWithCopy(tree / "app"); }},
    {"a folder that a link leads through replaced by a copy", [](const Tree& tree) { replaceWithCopy(tree / "store"); }},
    {"a folder made anew while somebody is in it", [](const Tree& tree) { whileSomebodyIsInIt(tree / "store/lib"); }},
    {"more than the kernel remembers, and a write",
     [](const Tree& tree) {
       for (int i = 0; i < 40'000; i++) tree.write(i % 2 ? "app/main.ts.tmp" : "app/x", ""), fs::remove(tree / (i % 2 ? "app/main.ts.tmp" : "app/x"));
       tree.write("app/main.js", "more than before");
     }},
};

const std::vector<std::pair<std::string, Change>> no_changes = {
    {"nothing at all", [](const Tree&) {}},
    {"another file in the folder",
     [](const Tree& tree) {
       tree.write("app/other.txt", "more");
       tree.write("app/another.txt", "");
     }},
    {"a file that comes and goes",
     [](const Tree& tree) {
       tree.write("app/main.ts", "");
       fs::remove(tree / "app/main.ts");
     }},
    {"an open for writing", [](const Tree& tree) { close(open((tree / "app/main.js").c_str(), O_WRONLY | O_CLOEXEC)); }},
    {"a folder moved away and back",
     [](const Tree& tree) {
       fs::rename(tree / "app", tree / "ppa");
       fs::rename(tree / "ppa", tree / "app");
     }},
};

// What the kernel itself makes up has no writers that it could tell of.
void elsewhereItLooks() {
  Freshness freshness;
  freshness.record("/proc/self/status");
  freshness.record("/proc/self/nowhere");
  freshness.watch();
  CHECK(freshness.unwatchedCount() == 1);
}

void costsNothing() {
  const Tree tree;
  Freshness watched, looking;
  for (int folder = 0; folder < 600; folder++) {
    const fs::path path = tree.root / std::to_string(folder);
    fs::create_directory(path);
    for (int file = 0; file < 5; file++) {
      std::ofstream(path / std::to_string(file)) << file;
      for (Freshness* each : {&watched, &looking}) each->record(path / std::to_string(file));
    }
  }
  watched.watch();
  CHECK(watched.unwatchedCount() == 0 && watched.findStale().empty());
  const auto median = [](Freshness* freshness) {
    std::vector<double> us;
    for (int i = 0; i < 21; i++) {
      const auto start = std::chrono::steady_clock::now();
      CHECK(freshness->findStale().empty());
      us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::nth_element(us.begin(), us.begin() + 10, us.end());
    return us[10];
  };
  const double watching = median(&watched), looks = median(&looking);
  printf("%.1f us, looking %.1f us\n", watching, looks);
  CHECK(watching * 20 < looks);
  if (getenv("CONTRACT_FIGURES")) CHECK(watching < 200 && looks < 5000);
}

std::vector<NamedTest> tests() {
  std::vector<NamedTest> all;
  for (const bool watched : {true, false}) {
    const std::string how = watched ? "watched: " : "looked at: ";
    for (const auto& [name, change] : changes) all.push_back({how + name + " is noticed", [=, &change] { isNoticed(watched, change); }});
    for (const auto& [name, change] : no_changes) all.push_back({how + name + " is no change", [=, &change] { isNoChange(watched, change); }});
    all.push_back({how + "a mount is noticed", [=] { mountedOver(watched); }});
  }
  all.push_back({"where others write, it looks", elsewhereItLooks});
  all.push_back({"3,000 files in 600 folders are watched at a twentieth of a look, or less", costsNothing});
  return all;
}

}  // namespace

int main(int count, char** arguments) { return runNamed(tests(), count, arguments); }
