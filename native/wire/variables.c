#include "wire/variables.h"

#include <string.h>

static const char *const session_noise[] = {
    "_", "SHLVL", "PWD", "OLDPWD", "WINDOWID", "TERM_SESSION_ID", "TMUX_PANE", "XDG_SESSION_ID", "SSH_CLIENT", "SSH_TTY", "SSH_CONNECTION",
    "GPG_TTY", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "STY", "TMUX", "DBUS_SESSION_BUS_ADDRESS", "INVOCATION_ID", "JOURNAL_STREAM",
    "KITTY_WINDOW_ID", "WT_SESSION", "INSTASTART_DEBUG", "INSTASTART_PLAIN", "INSTASTART_MEMORY", "INSTASTART_ZYGOTES", NULL,
};

// Nearly always not, and every variable that was asked for is compared with every one that there is: most end at the first letter.
static bool assigns(const char *assignment, const char *name) {
  while (*name && *assignment == *name) assignment++, name++;
  return !*name && *assignment == '=';
}

bool is_of_channel(const char *assignment) { return assigns(assignment, CHANNEL_FD) || assigns(assignment, CHANNEL_SERIALIZATION); }

bool is_session_noise(const char *assignment) {
  if (is_of_channel(assignment)) return true;
  for (const char *const *name = session_noise; *name; name++)
    if (assigns(assignment, *name)) return true;
  return false;
}

const char *variable_of(const char *name, const char *const *environment) {
  for (; *environment; environment++)
    if (assigns(*environment, name)) return *environment + strlen(name) + 1;
  return NULL;
}
