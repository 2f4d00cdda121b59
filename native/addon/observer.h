// Functions of the preloaded observer, which the addon finds by their names; null without it.
#pragma once
#include <dlfcn.h>

template <typename Function>
Function* find(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}
