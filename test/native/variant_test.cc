// How clients find the zygote whose modules got their answers (wire/variant.h).
#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include "native/testing.h"
#include "wire/variant.h"

namespace {

// What a client of a large program is asked: three times what the largest one known asks (test/demo), in an environment as large.
constexpr int MANY = 200;

struct Process {
  std::vector<std::string> arguments, environment;
  std::string entry = "/program/app.js";
  surroundings here{};

  std::string key(const std::string& asked) {
    std::vector<const char*> argument_pointers, variable_pointers;
    for (const std::string& each : arguments) argument_pointers.push_back(each.c_str());
    for (const std::string& each : environment) variable_pointers.push_back(each.c_str());
    variable_pointers.push_back(nullptr);
    const asked_process process = {argument_pointers.data(), argument_pointers.size(), variable_pointers.data(), entry.c_str(), &here};
    char key[KEY_LENGTH + 1] = "0123456789abcdef0000000000000000";
    char folder[] = "/tmp/instastart-variant-XXXXXX";
    runtime_dir dir{};
    dir.fd = open(mkdtemp(folder), O_PATH | O_DIRECTORY);
    char name[PROGRAM_LENGTH + 8];
    asked_name(key, name);
    const int file = openat(dir.fd, name, O_WRONLY | O_CREAT, 0600);
    CHECK(write(file, asked.data(), asked.size()) == static_cast<ssize_t>(asked.size()));
    close(file);
    const auto start = std::chrono::steady_clock::now();
    choose_variant(&dir, &process, key);
    us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    unlinkat(dir.fd, name, 0);
    close(dir.fd);
    rmdir(folder);
    return key;
  }

  double us = 0;  // that the last key took
};

std::string questions(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + '\0';
  return all;
}

Process typical() { return {{"build", "--color"}, {"ONE=1", "EMPTY=", "TERM=xterm"}}; }

// Both ways: what was asked counts, and what was not does not.
void counts(const std::string& question, const std::function<void(Process*)>& change) {
  Process one = typical(), other = typical();
  change(&other);
  CHECK(one.key(questions({question})) == typical().key(questions({question})));
  CHECK(one.key(questions({question})) != other.key(questions({question})));
  CHECK(one.key(questions({"$NOBODY"})) == other.key(questions({"$NOBODY"})));
}

std::string nameOf(int variable) { return static_cast<char>('A' + variable % 26) + ("_VARIABLE_" + std::to_string(variable)); }

void isAskedQuickly() {
  Process process = typical();
  std::vector<std::string> texts;
  for (int i = 0; i < MANY; i++) {
    process.environment.push_back(nameOf(i) + "=" + std::string(50, 'x'));
    texts.push_back("$" + nameOf(i * 2));
  }
  for (const char* more : {"=--color", "=--no-color", "#", ".", "<0", "<1", "<2"}) texts.emplace_back(more);
  double least = 1e9;
  for (int i = 0; i < 50; i++) {
    process.key(questions(texts));
    least = std::min(least, process.us);
  }
  printf("%.0f us\n", least);
  if (getenv("CONTRACT_FIGURES")) CHECK(least < 300);
}

std::vector<NamedTest> tests() {
  const auto set = [](const char* variable) { return [=](Process* process) { process->environment.emplace_back(variable); }; };
  const auto counting = [](const std::string& question, const std::function<void(Process*)>& change) { return [=] { counts(question, change); }; };
  return {
    {"a variable that is there", counting("$NEW", set("NEW=1"))},
    {"one that is there and empty", counting("$NEW", set("NEW="))},
    {"another value", counting("$ONE", [](Process* process) { process->environment[0] = "ONE=2"; })},
    {"no value any more", counting("$EMPTY", [](Process* process) { process->environment.erase(process->environment.begin() + 1); })},
    {"the names of all", counting("#", set("NEW=1"))},
    {"the whole environment", counting("&", [](Process* process) { process->environment[0] = "ONE=2"; })},
    {"an argument that is searched", counting("=--watch", [](Process* process) { process->arguments.emplace_back("--watch"); })},
    {"one that is found elsewhere", counting("=--color", [](Process* process) { std::swap(process->arguments[0], process->arguments[1]); })},
    {"all arguments", counting("*", [](Process* process) { process->arguments[0] = "test"; })},
    {"200 variables among 200, and all that can be asked besides, are asked again in under 0.3 ms", isAskedQuickly},
  };
}

}  // namespace

int main(int count, char** arguments) { return runNamed(tests(), count, arguments); }
