// The one client. As `instastart [--option=value ...] file args` it asks the program's zygote for a run and becomes its stand-in;
// as `client --follow=...` it does the second half for a Node that register has asked from. Anything that is not surely a run
// that a zygote can give is handed to Node by exec: this program never fails where Node would not.
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/follow.h"
#include "client/installation.h"
#include "client/plain.h"
#include "client/thaw.h"
#include "wire/ask.h"
#include "wire/descriptors.h"
#include "wire/frame.h"

extern char **environ;

// Linux guarantees argv[argc] == NULL; a caller that passed no argv[0] at all gets usage.
struct invocation {
  char **options;  // Node's, before the entry
  size_t option_count;
  char **arguments;  // the entry and what follows; NULL-terminated
  size_t argument_count;
};

static struct invocation parse(int argc, char **argv) {
  struct invocation parsed = {.options = argv + 1};
  int i = 1;
  while (i < argc && argv[i][0] == '-') i++;
  parsed.option_count = (size_t)(i - 1);
  parsed.arguments = argv + i;
  parsed.argument_count = (size_t)(argc - i);
  return parsed;
}

// A bare word is one of our commands; a path has a dot or a slash.
static bool is_command(const char *word) { return !strpbrk(word, "./"); }

// Only options of the form --name=value and entries that are files can be understood without knowing Node's list of options:
// in `--foo bar`, bar may be foo's value.
static const char *why_not_asked(const struct invocation *invocation) {
  const char *mode = getenv("INSTASTART");
  if (mode && strcmp(mode, "0") == 0) return "INSTASTART=0";
  if (invocation->argument_count == 0) return "no-entry";
  for (size_t i = 0; i < invocation->option_count; i++)
    if (strncmp(invocation->options[i], "--", 2) != 0 || !strchr(invocation->options[i], '=')) return "options";
  struct stat info;
  if (stat(invocation->arguments[0], &info) != 0 || !S_ISREG(info.st_mode)) return "entry-not-a-file";
  return NULL;
}

static bool ask(const struct installation *installation, const struct invocation *invocation, int64_t started_ns, struct offer *offer, char reason[REASON_MAX]) {
  int inherited[MOST_INHERITED];
  const int inherited_count = find_inherited_descriptors(inherited);
  struct channel channel;
  const char *refused = why_not_asked(invocation);
  if (!refused && !find_channel((const char *const *)environ, &channel)) refused = "ipc-channel";
  if (!refused && inherited_count < 0) refused = "inherited-descriptors";
  if (refused) {
    snprintf(reason, REASON_MAX, "%s", refused);
    return false;
  }
  struct surroundings here;
  if (!find_surroundings(&here)) {
    snprintf(reason, REASON_MAX, "no-key");
    return false;
  }
  struct program program = {.node = installation->node,
                            .argv0 = "node",
                            .entry = invocation->arguments[0],
                            .exec_arguments = (const char *const *)invocation->options,
                            .exec_argument_count = invocation->option_count,
                            .register_path = installation->register_path,
                            .surroundings = &here,
                            .channel = &channel};
  char key[KEY_LENGTH + 1];
  struct runtime_dir dir;
  if (!program_key(&program, key)) {
    snprintf(reason, REASON_MAX, "no-key");
    return false;
  }
  if (!runtime_dir_open(&dir, false)) {
    snprintf(reason, REASON_MAX, "absent");
    return false;
  }
  const char **exec_arguments = malloc((invocation->option_count + 2) * sizeof *exec_arguments);
  if (!exec_arguments) return false;
  exec_arguments[0] = "--import";
  exec_arguments[1] = installation->register_url;
  for (size_t i = 0; i < invocation->option_count; i++) exec_arguments[i + 2] = invocation->options[i];
  struct run_request request = {.arguments = (const char *const *)invocation->arguments,
                                .argument_count = invocation->argument_count,
                                .exec_arguments = exec_arguments,
                                .exec_argument_count = invocation->option_count + 2,
                                .surroundings = &here,
                                .has_inherited = inherited_count > 0,
                                .started_ns = started_ns};
  bool had = ask_for_run(&dir, key, &request, offer, reason);
  free(exec_arguments);
  close(dir.fd);
  return had;
}

// Does not return if that gives a run, of either engine.
static void take_offer(struct offer *offer, const struct plain_command *plain, int64_t asked_at, bool direct, char reason[REASON_MAX]) {
  if (offer->image >= 0) {
    thaw(offer, plain, asked_at, direct, reason);
    close(offer->image);
  }
  if (!offer->may_fork) return;
  follow(offer->conversation, asked_at, direct);
  snprintf(reason, REASON_MAX, "start-failed");
}

static int start_program(int argc, char **argv) {
  const int64_t started_ns = now_ns();
  struct installation installation;
  if (!installation_find(&installation)) {
    fprintf(stderr, "instastart: no `node` was found in PATH. Install Node 20.20 or newer, or put it into PATH.\n");
    return 127;
  }
  struct invocation invocation = parse(argc, argv);
  if (invocation.option_count == 0 && invocation.argument_count > 0 && is_command(invocation.arguments[0]))
    return run_command(&installation, invocation.arguments);
  if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) return run_command(&installation, argv + 1);

  struct offer offer;
  char reason[REASON_MAX] = "";
  const struct plain_command plain = plain_command(&installation, argv + 1, invocation.option_count, started_ns);
  // Behind a shim is a Node that only the shim knows; register asks once it runs.
  if (!installation.node_is_shim && ask(&installation, &invocation, started_ns, &offer, reason)) take_offer(&offer, &plain, started_ns / 1000000, true, reason);
  return exec_plain(&plain, reason);
}

// client --follow=<socket>,<image or -1>,<may fork: 0 or 1>,<ms when it was asked>,<number of Node's options>,<ns when Node started> <exec path> <argv0> <Node's arguments...>
static int follow_for_register(const char *handed, char **command) {
  struct offer offer;
  int may_fork;
  long long asked_at, started_ns;
  struct plain_command plain = {.node = command[0], .argv = command + 1};
  if (sscanf(handed, "%d,%d,%d,%lld,%zu,%lld", &offer.conversation, &offer.image, &may_fork, &asked_at, &plain.option_count, &started_ns) != 6 || !command[0] || !command[1]) {
    fprintf(stderr, "instastart: --follow is for instastart's own use.\n");
    return 2;
  }
  offer.may_fork = may_fork != 0;
  plain.started_ns = started_ns;
  fcntl(offer.conversation, F_SETFD, FD_CLOEXEC);
  if (offer.image >= 0) fcntl(offer.image, F_SETFD, FD_CLOEXEC);
  char reason[REASON_MAX];
  take_offer(&offer, &plain, asked_at, false, reason);
  return exec_plain(&plain, reason);
}

// As Node does at its start. Else the first descriptor opened here would pass for the caller's.
static void open_closed_stdio(void) {
  int fd;
  do fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
  for (fd = 0; fd <= 2; fd++) fcntl(fd, F_SETFD, 0);
}

int main(int argc, char **argv) {
  open_closed_stdio();
  if (argc > 1 && strncmp(argv[1], "--follow=", 9) == 0) return follow_for_register(argv[1] + 9, argv + 2);
  return start_program(argc, argv);
}
