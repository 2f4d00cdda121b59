#include "addon/variants.h"

#include <algorithm>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cstring>
#include <unordered_set>
#include "addon/environment.h"
#include "addon/libraries.h"
#include "addon/request.h"
#include "addon/unique_fd.h"
#include "observer/askers.h"
#include "observer/questions.h"
#include "observer/surroundings.h"
#include "wire/frame.h"
#include "wire/protocol.h"
#include "wire/variables.h"
#include "wire/variant.h"

static std::vector<const char*> pointersTo(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

// Of variables that only we ask for.
static const std::string OWN = "INSTASTART_";

void learnQuestions(bool is_for_value) {
  const auto learn = reinterpret_cast<decltype(&instastart_learn)>(dlsym(RTLD_DEFAULT, "instastart_learn"));
  if (learn) learn(is_for_value ? ASKED_FOR_VALUE : ASKED_FOR_PRESENCE);
}

void attributeQuestions(uintptr_t listener) {
  const auto attribute = reinterpret_cast<decltype(&instastart_attribute)>(dlsym(RTLD_DEFAULT, "instastart_attribute"));
  if (attribute) attribute(reinterpret_cast<note_asker*>(listener));
}

void Questions::stopHearing() {
  environment = initialEnvironment();
  const auto stop = reinterpret_cast<decltype(&instastart_stop_hearing)>(dlsym(RTLD_DEFAULT, "instastart_stop_hearing"));
  const auto stop_surroundings = reinterpret_cast<decltype(&instastart_stop_hearing_surroundings)>(dlsym(RTLD_DEFAULT, "instastart_stop_hearing_surroundings"));
  // Without the observer nothing was heard; and native packages may read `environ` themselves.
  const bool is_known = stop && stop_surroundings && !hasNativePackages();
  const heard_questions heard = stop ? stop() : heard_questions{};
  const heard_surroundings place = stop_surroundings ? stop_surroundings() : heard_surroundings{};
  const bool is_found = find_surroundings(&here);
  asks_directory = !is_known || !is_found || place.directory;
  find_terminal_sizes(&here);
  for (int fd = 0; fd <= 2; fd++) {
    asks_kind[fd] = !is_known || place.descriptors[fd];
    if (!is_known) asks_size[fd] = true;
  }
  if (!is_known) {
    asks_whole_environment = true;
    return;
  }
  asks_whole_environment = heard.is_overflown;
  asks_names = heard.is_enumerated;
  for (size_t at = 0; at < heard.length; at += strlen(heard.names + at) + 1) {
    const std::string name = heard.names + at + 1;
    // Node asks for it as it starts, and part of the program's key it is already.
    if (is_of_channel((name + "=").c_str())) continue;
    const bool is_meant = heard.names[at] == HEARD_BY_NAME && name.compare(0, OWN.size(), OWN) != 0;
    if (is_meant || !is_session_noise((name + "=").c_str())) variables.push_back(name);
  }
}

static std::vector<std::string> withoutNoise(std::vector<std::string> assignments, bool names_only) {
  std::erase_if(assignments, [](const std::string& assignment) { return is_session_noise(assignment.c_str()); });
  for (std::string& assignment : assignments)
    if (names_only) assignment.resize(std::min(assignment.find('='), assignment.size()));
  std::sort(assignments.begin(), assignments.end());
  return assignments;
}

static const char* const standard_names[] = {"stdin", "stdout", "stderr"};

std::string Questions::unequalSurroundings(const RunRequest& request) const {
  const surroundings& there = request.client;
  if (asks_directory && (strcmp(here.directory, there.directory) != 0 || here.device != there.device || here.inode != there.inode)) return "directory";
  char mine[DIRECTORY_MAX] = "", theirs[DIRECTORY_MAX] = "";
  if (asks_entry && (!entry_path(here.directory, entry.c_str(), mine) || !entry_path(there.directory, request.arguments[0].c_str(), theirs) || strcmp(mine, theirs) != 0)) return "argv[1]";
  for (int fd = 0; fd <= 2; fd++) {
    if (asks_kind[fd] && here.kinds[fd] != there.kinds[fd]) return standard_names[fd];
    if (asks_size[fd] && (here.columns[fd] != there.columns[fd] || here.rows[fd] != there.rows[fd])) return std::string(standard_names[fd]) + ": size";
  }
  return {};
}

std::string Questions::unequal(const RunRequest& request) const {
  const std::vector<std::string> others(request.arguments.begin() + 1, request.arguments.end());
  const std::vector<std::string>& other_environment = request.environment;
  const auto mine = pointersTo(arguments), theirs = pointersTo(others);
  for (const std::string& text : searched)
    if (argument_position(text.c_str(), mine.data(), mine.size()) != argument_position(text.c_str(), theirs.data(), theirs.size())) return "argv: " + text;
  if (asks_all_arguments && arguments != others) return "argv: read in full";

  auto own_variables = pointersTo(environment), other_variables = pointersTo(other_environment);
  own_variables.push_back(nullptr);
  other_variables.push_back(nullptr);
  for (const std::string& name : variables) {
    const char* const own = variable_of(name.c_str(), own_variables.data());
    const char* const other = variable_of(name.c_str(), other_variables.data());
    if (!own != !other || (own && strcmp(own, other) != 0)) return "env: " + name;
  }
  for (const bool names_only : {true, false})
    if ((names_only ? asks_names : asks_whole_environment) && withoutNoise(environment, names_only) != withoutNoise(other_environment, names_only)) return "env";
  return unequalSurroundings(request);
}

static std::string contentsOf(int fd) {
  std::string contents;
  char part[4096];
  for (ssize_t got; contents.size() < MAX_ASKED && (got = read(fd, part, sizeof part)) > 0;) contents.append(part, static_cast<size_t>(got));
  return contents;
}

static bool isKnown(const std::string& asked, const std::string& question) {
  const std::string entry = question + '\0';
  return asked.compare(0, entry.size(), entry) == 0 || asked.find('\0' + entry) != std::string::npos;
}

// As texts, each with its NUL; `all`: for which nothing of its group has to be listed one by one.
static void append(std::string* added, const std::string& asked, char kind, const std::vector<std::string>& names, bool asks_all, char all) {
  const std::string whole{all};
  if (isKnown(asked, whole)) return;
  std::string each;
  for (const std::string& name : names)
    if (const std::string question = kind + name; !isKnown(asked, question)) each += question + '\0';
  // Too many to be kept: then all of them count.
  *added += asks_all || asked.size() + added->size() + each.size() > MAX_ASKED / 2 ? whole + '\0' : each;
}

static std::string newQuestions(const std::string& asked, const Questions& questions) {
  std::string added;
  append(&added, asked, '=', questions.searched, questions.asks_all_arguments, '*');
  append(&added, asked, '$', questions.variables, questions.asks_whole_environment, '&');
  append(&added, asked, '#', questions.asks_names ? std::vector<std::string>{""} : std::vector<std::string>{}, false, '&');
  const auto add = [&](bool is_asked, const std::string& question) {
    if (is_asked && !isKnown(asked, question)) added += question + '\0';
  };
  add(questions.asks_directory, ".");
  add(questions.asks_entry, "/");
  for (int fd = 0; fd <= 2; fd++) {
    add(questions.asks_kind[fd], "<" + std::to_string(fd));
    add(questions.asks_size[fd], "@" + std::to_string(fd));
  }
  return added;
}

static void endOthers(const runtime_dir& dir, const std::string& key, const std::unordered_set<std::string>& spared) {
  DIR* const folder = fdopendir(openat(dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return;
  while (const dirent* const entry = readdir(folder)) {
    const std::string name = entry->d_name, ending = name.substr(std::min<size_t>(KEY_LENGTH, name.size()));
    if (name.size() < KEY_LENGTH || !(ending.empty() || ending == ".base") || name.compare(0, PROGRAM_LENGTH, key, 0, PROGRAM_LENGTH) != 0 || spared.contains(name)) continue;
    const UniqueFd socket(runtime_dir_connect(&dir, entry->d_name));
    if (socket.ok()) frame_send(socket.get(), MESSAGE_STOP, nullptr, 0, nullptr, 0, now_ms());
  }
  closedir(folder);
}

std::string keyWithAnswers(const runtime_dir& dir, const std::string& key, const Questions& questions) {
  char name[PROGRAM_LENGTH + 8];
  asked_name(key.c_str(), name);
  const UniqueFd file(openat(dir.fd, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  // Two zygotes of one program may park at the same time.
  if (!file.ok() || flock(file.get(), LOCK_EX) != 0) return key;
  std::string asked = contentsOf(file.get());
  // The end of one who died writing.
  while (!asked.empty() && asked.back() != 0) asked.pop_back();
  const std::string added = newQuestions(asked, questions);
  if (!added.empty() && (ftruncate(file.get(), static_cast<off_t>(asked.size())) != 0 || write(file.get(), added.data(), added.size()) != static_cast<ssize_t>(added.size()))) return key;
  asked += added;
  if (asked.empty()) return key;
  std::string result = key;
  const auto arguments = pointersTo(questions.arguments);
  auto environment = pointersTo(questions.environment);
  environment.push_back(nullptr);
  surroundings here = questions.here;
  const asked_process process = {arguments.data(), arguments.size(), environment.data(), questions.entry.c_str(), &here};
  apply_answers(asked.data(), asked.size(), &process, result.data());
  if (!added.empty()) endOthers(dir, result, {result, result + ".base", key + ".base"});
  return result;
}
