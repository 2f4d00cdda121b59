// OpenSSL's random numbers: what modules draw of them before the gate, and that no two runs draw the same after it.
#pragma once
#include <cstdint>

// False without OpenSSL.
bool canHearCryptoRandom();

// In a zygote, as it begins.
void hearCryptoRandom();

// `before_draw` is called before each draw of the main thread; where it does not return, nothing was drawn.
void heedCryptoRandom(void (*before_draw)());

// How often somebody has drawn since.
uint64_t cryptoRandomDraws();

// As it parks. From here on nobody hears.
void stopHearingCryptoRandom();

// In a run. OpenSSL does by itself what it takes, where it sees another process id than before; but two containers may have the same.
void renewCryptoRandom();
