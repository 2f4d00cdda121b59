// `pty <columns> <rows> <command> [arguments...]`: the command with a terminal of its own, which controls its session (pty(7)). What comes in on
// stdin is typed; what the terminal shows goes to stdout. `<columns> <rows>\n` on descriptor 3 resizes it, the end of stdin closes it.
// Ends with the command's status, 128 and the signal's number where one ended it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TYPED, SIZES, SHOWN, SOURCES };

static void resize(int terminal, const char *columns, const char *rows) {
  const struct winsize size = {.ws_col = (unsigned short)atoi(columns), .ws_row = (unsigned short)atoi(rows)};
  ioctl(terminal, TIOCSWINSZ, &size);
}

static void write_all(int fd, const char *text, ssize_t length) {
  for (ssize_t written; length > 0; text += written, length -= written)
    if ((written = write(fd, text, (size_t)length)) < 0) return;
}

static pid_t start(int terminal, char **command) {
  const char *const name = ptsname(terminal);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  // The first terminal that a session leader without one opens controls it.
  setsid();
  const int slave = open(name, O_RDWR);
  for (int fd = 0; fd <= 2; fd++) dup2(slave, fd);
  close(slave);
  close(terminal);
  close(3);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int argc, char **argv) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (argc < 4 || terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return 2;
  resize(terminal, argv[1], argv[2]);
  const pid_t pid = start(terminal, argv + 3);
  struct pollfd sources[SOURCES] = {{.fd = 0, .events = POLLIN}, {.fd = 3, .events = POLLIN}, {.fd = terminal, .events = POLLIN}};
  for (char text[4096]; sources[SHOWN].fd >= 0;) {
    if (poll(sources, SOURCES, -1) < 0 && errno != EINTR) return 2;
    for (int i = 0; i < SOURCES; i++) {
      if (!sources[i].revents) continue;
      const ssize_t length = read(sources[i].fd, text, sizeof text - 1);
      text[length > 0 ? length : 0] = 0;
      if (length <= 0 && i == SIZES) sources[SIZES].fd = -1;
      else if (length <= 0) sources[SHOWN].fd = -1;
      else if (i == TYPED) write_all(terminal, text, length);
      else if (i == SHOWN) write_all(1, text, length);
      else resize(terminal, text, strchr(text, ' '));
    }
  }
  close(terminal);
  close(1);
  int status;
  if (waitpid(pid, &status, 0) != pid) return 2;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
