// The C library's own function, of which one of the observer's takes the place.
#pragma once
#include <dlfcn.h>

#define NEXT(name) \
  ({ \
    static __typeof__(name) *next; \
    if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); \
    next; \
  })
