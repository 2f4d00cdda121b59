// The runtime directory is the registry: for each program `<key>` (socket of a parked zygote), `<key>.warming` (socket of
// one that is not there yet) and `<key>.json` (manifest; its lock is held by the zygote). Owner only, verified on every use.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RUNTIME_PATH_MAX = 4096 };

struct runtime_dir {
  char path[RUNTIME_PATH_MAX];
  int fd;  // O_PATH descriptor of the verified directory, close-on-exec; owned by the caller
};

// Writes the path: $XDG_RUNTIME_DIR/instastart, or ${TMPDIR:-/tmp}/instastart-<uid>. False if it does not fit.
bool runtime_dir_path(char path[RUNTIME_PATH_MAX]);

// Opens it without following a link at its end and checks owner and mode (0700). With `create`, makes it first. False with errno
// (ENOENT: not there; EPERM: there, but not ours alone).
bool runtime_dir_open(struct runtime_dir *dir, bool create);

enum { KEY_LENGTH = 32 };  // hexadecimal digits, 128 bits

// A connected stream socket to `<name>` in the directory whose peer runs as this user; -1 with errno (ENOENT, ECONNREFUSED,
// EPERM: the peer is somebody else).
int runtime_dir_connect(const struct runtime_dir *dir, const char *name);

// The next one who has connected there, as a descriptor that does not block; -1 with errno (EAGAIN: nobody; EPERM: somebody else, who is gone).
int runtime_dir_accept(int listener, struct ucred *peer);

// A listening socket at `<name>`: bound to a name of its own first and renamed, so that whoever finds it can connect.
int runtime_dir_listen(const struct runtime_dir *dir, const char *name);

#ifdef __cplusplus
}
#endif
