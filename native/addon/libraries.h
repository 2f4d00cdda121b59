// What the libraries of this process do that an image cannot stand.
#pragma once
#include <string>

// Whether any package's native part is loaded: what that reads by itself nobody hears of.
bool hasNativePackages();

// The first library (of a package, or preloaded) that gives pages back with madvise(2) and may count on finding them zero, as memory of its own would
// be: of an image it would get the old contents again. Empty if there is none. Node is known not to; the C library clears what it hands out.
std::string libraryThatDiscardsPages();
