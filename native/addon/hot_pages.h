// The pages of an image that its runs write to in any case. A run's client has the kernel copy them all at once (`struct image_hot`); a fault for each
// would cost several times as much. Which they are is learned from what the first runs have written to.
#pragma once
#include <string>
#include <vector>
#include "wire/image.h"

// In ascending order, each as in `struct image_hot`.
using HotPages = std::vector<uint64_t>;

// Of this process, which has become a run: all that it has written to so far. Where there are too many places, what lies between neighbours is added.
HotPages writtenPages();

// Those in both. Nothing if they are too many to be copied for a run that might end at once.
HotPages commonPages(const HotPages& a, const HotPages& b);

// What a peer says it has written to; nothing if that cannot be.
HotPages decodeHotPages(const char* bytes, size_t length);

// In a run whose zygote, at `socket` in the folder `directory`, wants to know: what is to be told at its end.
void promiseWrittenPages(const std::string& directory, const std::string& socket);

// Tells it, if that was promised. A zygote that cannot be told learns from another run.
void tellWrittenPages();
