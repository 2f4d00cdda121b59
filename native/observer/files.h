// What the observer tells the addon of files and of acts, which finds it by name (dlsym(3)), as in questions.h.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

// What was found where somebody looked: something; nothing; a folder, whose names were asked for.
enum heard_file { HEARD_FOUND = 'f', HEARD_MISSING = 'm', HEARD_LISTING = 'l' };

struct heard_files {
  const char *paths;  // absolute, each behind its heard_file, with its NUL; until instastart_forget_files()
  size_t length;
  const struct stat *found;  // for each of them: what was there right after somebody had looked for it first; all zeros: nothing
  bool is_overflown;  // more was asked than is remembered
};

// The program begins: from here on `stop` is called instead of the first act that others could see, on whichever thread; the act is done if it returns. What
// is below `own_folder` is ours, and nobody's question.
void instastart_heed_acts(const char *own_folder, void (*stop)(const char *act));

// What is written to this descriptor is a message to somebody else.
void instastart_heed_channel(int fd);

// For the observer's own use: instead of an act, which is done if it returns. Before anything is found out about one, whether anybody heeds it: in runs
// nobody does.
bool is_heeding(void) __attribute__((visibility("hidden")));
void heed(const char *what, int folder, const char *path) __attribute__((visibility("hidden")));

// Likewise: as an absolute path, of PATH_MAX; false if it is too long, or of a descriptor.
bool make_absolute(int folder, const char *path, char *absolute) __attribute__((visibility("hidden")));

// Likewise: `caller` is code that starts a thread, which no run would have. Node's own pool is renewed in runs.
void heed_thread(const void *caller) __attribute__((visibility("hidden")));

// What this thread does meanwhile is ours, and no act.
void instastart_mark_own_work(bool is_own);

struct heard_files instastart_stop_heeding(void);
void instastart_forget_files(void);

#ifdef __cplusplus
}
#endif
