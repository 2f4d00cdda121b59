// The zygotes of one program, one for each set of answers that its modules got from the outside world (wire/variant.h).
#pragma once
#include <string>
#include <vector>
#include "wire/runtime_dir.h"
#include "wire/surroundings.h"

struct RunRequest;

// What modules asked for before the gate, and so what a client must answer equally.
struct Questions {
  std::vector<std::string> arguments;  // the program's, in the zygote
  std::vector<std::string> searched;   // argv.indexOf(text), argv.includes(text)
  bool asks_all_arguments = false;     // something read more than that

  std::vector<std::string> environment;  // NAME=value, in the zygote as it was executed
  std::vector<std::string> variables;    // getenv(name)
  bool asks_names = false;               // the names of all
  bool asks_whole_environment = false;   // more than that, or it is not known

  std::string entry;                   // as it was typed
  surroundings here;                   // the zygote's
  bool asks_entry = false;             // process.argv[1]
  bool asks_directory = false;
  bool asks_kind[3] = {}, asks_size[3] = {};  // of 0-2: what they are, and of their terminals

  // What was asked for in environment and surroundings so far, by what the observer has heard. Nothing is heard any more after that.
  void stopHearing();

  // Which of them a client answers differently; empty if none.
  std::string unequal(const RunRequest& request) const;

 private:
  std::string unequalSurroundings(const RunRequest& request) const;
};

// The next question about INSTASTART_LEARNING is for its value, or only for whether it is there (observer/questions.h).
void learnQuestions(bool is_for_value);

// `note_asker` of observer/askers.h is told who asks from now on.
void attributeQuestions(uintptr_t note_asker);

// Makes known what was asked, and returns the key by which clients look for this zygote from now on. Those that were made before
// something was known to be asked are found by nobody any more, and are told to end.
std::string keyWithAnswers(const runtime_dir& dir, const std::string& key, const Questions& questions);
