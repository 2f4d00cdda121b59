// SHA-256 (FIPS 180-4). The client links libc only, so it brings its own; used for the names of programs.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sha256 {
  uint32_t state[8];
  uint64_t length;
  unsigned char block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *data, size_t length);
void sha256_finish(struct sha256 *hash, unsigned char digest[32]);
