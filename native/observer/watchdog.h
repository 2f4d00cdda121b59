// Found by name (dlsym(3)), like questions.h.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// In a run: starts Node's watchdog for SIGUSR1, unless this process has it. Where Node has none (--disable-sigusr1), nothing happens.
void instastart_start_watchdog(void);

// In a run, as it begins: the first thread that it starts brings the watchdog along.
void instastart_begin_run(void);

#ifdef __cplusplus
}
#endif
