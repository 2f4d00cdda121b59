// What this process has open of which others that have it, too, would notice what is read.
#pragma once
#include <cstddef>

// How many files, directories and named pipes.
size_t openFiles();
