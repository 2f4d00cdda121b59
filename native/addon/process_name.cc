#include "addon/process_name.h"

#include <cstring>
#include <sys/prctl.h>

enum { NAME_SIZE = 16 };  // PR_GET_NAME, prctl(2)

static char name[NAME_SIZE] = "";

void rememberProcessName() {
  prctl(PR_GET_NAME, name);
  // Only the title that the starter gave: Node has no name of its own.
  if (strncmp(name, "instastart", strlen("instastart")) == 0) name[0] = 0;
}

void takeProcessName(const std::string& file) {
  // The kernel's is the file's, cut off.
  prctl(PR_SET_NAME, name[0] ? name : file.substr(file.rfind('/') + 1).c_str());
}
