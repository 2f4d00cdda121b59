// What the observer hears of a program that goes on past its imports (observer/readings.h).
#pragma once
#include <cstdint>

// As the zygote begins: who reads for JavaScript, and where libuv reads the clock.
void learnReaders(bool is_learning);
void learnClock();

void goOn(bool heeds_questions);
uint64_t dateReadings();

// It has set a timer: as if it had read the clock.
void countOnClock();

// The zygote parks.
void stopReading();

// In a run. False if the program has not read the clock: then it stays as it is.
bool setClockBack(int64_t by_ns);
