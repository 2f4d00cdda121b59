#include "wire/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wire/frame.h"
#include "wire/variant.h"

extern char **environ;

// A parked zygote answers within microseconds; one that is stopped or stuck must not hold up a user.
enum { ANSWER_WITHIN_MS = 1000 };

// A program that was seen to compute for longer did so after its graph was evaluated, most likely.
enum { WORTH_WAITING_MS = 10000 };

static void say(char reason[REASON_MAX], const char *word, const char *detail) {
  snprintf(reason, REASON_MAX, detail && *detail ? "%s: %s" : "%s%s", word, detail ? detail : "");
}

// How long waiting for a zygote under way is worth it.
// The manifest of a warming zygote starts with {"since":<ms>,"expected":<ms>, both of CLOCK_MONOTONIC.
static int64_t worth_waiting_until(const struct runtime_dir *dir, const char *key) {
  char name[KEY_LENGTH + 8], text[128];
  snprintf(name, sizeof name, "%s.json", key);
  int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return 0;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  long long since, expected;
  if (sscanf(text, "{\"since\":%lld,\"expected\":%lld", &since, &expected) != 2 || expected <= 0) return 0;
  // It evaluates what a plain run would, and collects garbage; but it has begun earlier, and a plain run beside it would slow both down.
  int64_t left = since + expected + expected / 8 - now_ms();
  if (left < -2 * expected || left > WORTH_WAITING_MS) return 0;
  return now_ms() + (left > 0 ? left : 0) + expected / 2 + ANSWER_WITHIN_MS;
}

// The zygote is gone, but packages that have not changed since need not be loaded again. Whether there is a base: if it makes another zygote, or has
// made one for somebody else, that can be found now.
static bool asks_base(const struct runtime_dir *dir, const char *key) {
  char name[KEY_LENGTH + 8];
  snprintf(name, sizeof name, "%s.base", key);
  const int base = runtime_dir_connect(dir, name);
  if (base < 0) return false;
  const int64_t deadline = now_ms() + ANSWER_WITHIN_MS;
  struct frame_reader reader;
  frame_reader_init(&reader, MAX_SMALL_MESSAGE);
  const bool answers = frame_send(base, MESSAGE_REMAKE, NULL, 0, NULL, 0, deadline) && frame_receive(&reader, base, deadline) == FRAME_COMPLETE;
  frame_reader_reset(&reader);
  close(base);
  return answers;
}

// Whether it may have for an edit: it has said so, to this client or to another one while this one waited for its turn.
static bool has_left(const char *reason) {
  static const char *const reasons[] = {"stale", "absent", "closing", "broken-conversation", NULL};
  for (const char *const *each = reasons; *each; each++)
    if (strncmp(reason, *each, strlen(*each)) == 0) return true;
  return false;
}

static int find_zygote(const struct runtime_dir *dir, const char *key, int64_t *deadline, char reason[REASON_MAX]) {
  char warming[KEY_LENGTH + 16];
  snprintf(warming, sizeof warming, "%s.warming", key);
  int fd = runtime_dir_connect(dir, key);
  if (fd < 0 && errno == ENOENT) {
    fd = runtime_dir_connect(dir, warming);
    if (fd >= 0) {
      *deadline = worth_waiting_until(dir, key);
      if (*deadline > 0) return fd;
      close(fd);
      say(reason, "warming", NULL);
      return -1;
    }
    // It may have got its name meanwhile.
    fd = runtime_dir_connect(dir, key);
    if (fd < 0 && errno == ENOENT) {
      say(reason, "absent", NULL);
      return -1;
    }
  }
  *deadline = now_ms() + ANSWER_WITHIN_MS;
  if (fd >= 0) return fd;
  say(reason, errno == ECONNREFUSED ? "absent" : errno == EPERM ? "foreign-zygote" : "unreachable", errno == ECONNREFUSED ? NULL : strerror(errno));
  return -1;
}

// By way of the program's base; -1: there is none. For a moment a zygote that leaves has neither a name nor given up its claim.
static int find_remade(const struct runtime_dir *dir, const char *key, int64_t *deadline) {
  enum { TRIES = 3 };
  const struct timespec nap = {0, 10000000};
  char reason[REASON_MAX];
  for (int tries = 0; tries < TRIES; tries++) {
    if (tries > 0) nanosleep(&nap, NULL);
    if (!asks_base(dir, key)) break;
    const int remade = find_zygote(dir, key, deadline, reason);
    if (remade >= 0 || strcmp(reason, "absent") != 0) return remade;
  }
  return -1;
}

static size_t text_size(const char *const *texts, size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += strlen(texts[i]) + 1;
  return size;
}

static char *append(char *end, const char *const *texts, size_t count) {
  for (size_t i = 0; i < count; i++) end = stpcpy(end, texts[i]) + 1;
  return end;
}

static char *encode(const struct run_request *request, enum image_wish image, size_t *length) {
  size_t environment = 0;
  while (environ[environment]) environment++;
  const char *const *variables = (const char *const *)environ;
  const struct surroundings *here = request->surroundings;
  const char *const directory = here->directory;
  *length = sizeof(struct request_head) + text_size(&directory, 1) + text_size(request->arguments, request->argument_count) +
            text_size(request->exec_arguments, request->exec_argument_count) + text_size(variables, environment);
  char *bytes = *length <= MAX_REQUEST ? malloc(*length) : NULL;
  if (!bytes) return NULL;
  mode_t mask = umask(0);
  umask(mask);
  struct request_head head = {.started_ns = request->started_ns,
                              .umask = mask,
                              .parent_pid = getppid(),
                              .arguments = (uint32_t)request->argument_count,
                              .exec_arguments = (uint32_t)request->exec_argument_count,
                              .environment = (uint32_t)environment,
                              .image = image,
                              .device = here->device,
                              .inode = here->inode};
  memcpy(head.columns, here->columns, sizeof head.columns);
  memcpy(head.rows, here->rows, sizeof head.rows);
  memcpy(head.kinds, here->kinds, sizeof here->kinds);
  memcpy(bytes, &head, sizeof head);
  char *end = append(bytes + sizeof head, &directory, 1);
  end = append(end, request->arguments, request->argument_count);
  end = append(end, request->exec_arguments, request->exec_argument_count);
  append(end, variables, environment);
  return bytes;
}

// `*image`: the descriptor that came with the yes, or -1.
static bool is_accepted(int socket, int64_t deadline, int *image, char reason[REASON_MAX]) {
  struct frame_reader reader;
  frame_reader_init(&reader, MAX_SMALL_MESSAGE);
  enum frame_state state = frame_receive(&reader, socket, deadline);
  bool accepted = state == FRAME_COMPLETE && reader.header.type == MESSAGE_ACCEPTED;
  if (!accepted) {
    if (state == FRAME_COMPLETE && reader.header.type == MESSAGE_REFUSED) say(reason, reader.payload, NULL);
    else say(reason, state == FRAME_PARTIAL ? "no-answer" : "broken-conversation", NULL);
  }
  *image = -1;
  if (accepted && reader.descriptor_count == 1) {
    *image = reader.descriptors[0];
    reader.descriptors[0] = -1;
  }
  frame_reader_reset(&reader);
  return accepted;
}

enum engine chosen_engine(void) {
  const char *engine = getenv("INSTASTART_ENGINE");
  return !engine ? ENGINE_ANY : strcmp(engine, "thaw") == 0 ? ENGINE_THAW : strcmp(engine, "fork") == 0 ? ENGINE_FORK : ENGINE_ANY;
}

// Also where 0, 1 and 2 lead elsewhere: it is what prompts for passwords open, and where job control comes from (tty(4)).
static bool has_controlling_terminal(void) {
  const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

// A forked run belongs to the zygote's session, and has the descriptors it is sent. NULL: that is all the same to this one.
static const char *why_no_fork(const struct run_request *request, enum engine engine) {
  return request->has_inherited ? "inherited-descriptors" : has_controlling_terminal() ? "terminal" : engine == ENGINE_THAW ? "no-image" : NULL;
}

static bool ask_zygote(int conversation, int64_t deadline, const struct run_request *request, const char *no_fork, struct offer *offer, char reason[REASON_MAX]) {
  const enum image_wish wish = chosen_engine() == ENGINE_FORK ? IMAGE_UNWANTED : no_fork ? IMAGE_NEEDED : IMAGE_WANTED;
  size_t length;
  char *bytes = encode(request, wish, &length);
  bool sent = bytes && frame_send(conversation, MESSAGE_REQUEST, bytes, length, NULL, 0, deadline);
  free(bytes);
  // A refusal may arrive although the request could not be sent whole, so listen in any case.
  int image;
  if (is_accepted(conversation, deadline, &image, reason) && sent) {
    *offer = (struct offer){conversation, image, !no_fork};
    if (image >= 0 || offer->may_fork) return true;
    say(reason, "broken-conversation", NULL);
  }
  if (no_fork && strcmp(reason, "no-image") == 0) say(reason, no_fork, NULL);
  if (image >= 0) close(image);
  close(conversation);
  return false;
}

bool ask_for_run(const struct runtime_dir *dir, const char *key, const struct run_request *request, struct offer *offer, char reason[REASON_MAX]) {
  const char *const no_fork = why_no_fork(request, chosen_engine());
  if (chosen_engine() == ENGINE_FORK && no_fork) {
    say(reason, no_fork, NULL);
    return false;
  }
  int64_t deadline;
  char variant[KEY_LENGTH + 1];
  memcpy(variant, key, sizeof variant);
  const struct asked_process process = {request->arguments + 1, request->argument_count - 1, (const char *const *)environ, request->arguments[0], request->surroundings};
  const enum asked_arguments arguments = choose_variant(dir, &process, variant);
  const int zygote = find_zygote(dir, variant, &deadline, reason);
  if (zygote >= 0 && ask_zygote(zygote, deadline, request, no_fork, offer, reason)) return true;
  if (has_left(reason)) {
    const int remade = find_remade(dir, variant, &deadline);
    if (remade >= 0) return ask_zygote(remade, deadline, request, no_fork, offer, reason);
  }
  // Nobody can tell here which of the answers is new.
  if (arguments != ARGUMENTS_UNASKED && strcmp(reason, "absent") == 0) say(reason, "question", "argv or another");
  return false;
}

bool order_run(int conversation, int *life_line) {
  int ends[2];
  // As a descriptor, so that a directory that was renamed or deleted meanwhile is still the one.
  int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (cwd < 0) return false;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    close(cwd);
    return false;
  }
  int descriptors[MAX_DESCRIPTORS];
  size_t count = 0;
  struct go_head head = {0};
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) < 0) continue;
    head.open_stdio |= 1U << fd;
    descriptors[count++] = fd;
  }
  descriptors[count++] = cwd;
  descriptors[count++] = ends[1];
  // Only now, after the zygote has shown that it lives: descriptors under way to one that is stopped would keep a pipe open for ever.
  bool sent = frame_send(conversation, MESSAGE_GO, &head, sizeof head, descriptors, count, now_ms() + ANSWER_WITHIN_MS);
  close(cwd);
  close(ends[1]);
  *life_line = ends[0];
  if (!sent) close(ends[0]);
  return sent;
}
