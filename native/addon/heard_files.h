// What the observer (observer/files.h) has heard of files while this zygote was made.
#pragma once
#include <string>
#include "addon/freshness.h"

// From here on `stop` is called instead of the first act that others could see. False without the observer: nobody hears of acts then.
bool heedActs(const std::string& own_folder, void (*stop)(const char* act));

// From here on questions of the process's surroundings (observer/surroundings.h) are the program's.
void hearSurroundings();

// To write to this descriptor is an act. False without the observer.
bool heedChannel(int fd);

// Acts of this thread are ours meanwhile.
void markOwnWork(bool is_own);

// Those to come are the zygote's own.
void ignoreActs();

// Records all that was looked for; nothing is heard any more. Why that cannot be relied on; empty if it can.
std::string recordHeardFiles(Freshness* freshness);
