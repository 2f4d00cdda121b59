// Where things are: our own files, from where this program lies, and the Node in PATH.
#pragma once
#include <stdbool.h>

struct installation {
  char node[4096];           // as found in PATH
  bool node_is_shim;         // a version manager's script or launcher script, which picks the real Node by itself
  char register_path[4096];  // dist/register.js
  char register_url[12400];  // the same as a file: URL
  char commands[4096];       // dist/cli.js
};

// False if there is no `node` in PATH.
bool installation_find(struct installation *installation);
