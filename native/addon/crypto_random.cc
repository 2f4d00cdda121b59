#include "addon/crypto_random.h"

#include <atomic>
#include <unistd.h>

// openssl/rand.h, as Node exports it; the layout is that of all versions.
extern "C" {
struct RandMethod {
  int (*seed)(const void*, int);
  int (*bytes)(unsigned char*, int);
  void (*cleanup)();
  int (*add)(const void*, int, double);
  int (*pseudorand)(unsigned char*, int);
  int (*status)();
};
const RandMethod* RAND_get_rand_method() __attribute__((weak));
int RAND_set_rand_method(const RandMethod*) __attribute__((weak));
int RAND_poll() __attribute__((weak));
}

static const RandMethod* original = nullptr;
static RandMethod heard;
static std::atomic<uint64_t> draws{0};

static void (*heed)() = nullptr;

static void note() {
  draws++;
  // Work of the thread pool has nobody's stack.
  if (heed && gettid() == getpid()) heed();
}

// Everybody gets here: crypto.randomBytes(), keys, Web Crypto, native packages (RAND_bytes_ex, RAND_priv_bytes_ex).
static int noteBytes(unsigned char* into, int count) {
  note();
  return original->bytes(into, count);
}

static int notePseudorandom(unsigned char* into, int count) {
  note();
  return original->pseudorand(into, count);
}

bool canHearCryptoRandom() { return RAND_get_rand_method && RAND_set_rand_method && RAND_poll; }

void hearCryptoRandom() {
  if (!canHearCryptoRandom() || !(original = RAND_get_rand_method())) return;
  heard = *original;
  heard.bytes = noteBytes;
  heard.pseudorand = notePseudorandom;
  RAND_set_rand_method(&heard);
}

void heedCryptoRandom(void (*before_draw)()) { heed = before_draw; }

uint64_t cryptoRandomDraws() { return draws; }

void stopHearingCryptoRandom() {
  if (original) RAND_set_rand_method(original);
}

void renewCryptoRandom() {
  if (RAND_poll) RAND_poll();
}
