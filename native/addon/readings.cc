#include "addon/readings.h"

#include "addon/observer.h"
#include "observer/readings.h"

extern "C" uint64_t uv_hrtime();

void learnReaders(bool is_learning) {
  if (const auto learn = find<decltype(instastart_learn_readers)>("instastart_learn_readers")) learn(is_learning);
}

void learnClock() {
  const auto learn = find<decltype(instastart_learn_clock)>("instastart_learn_clock");
  if (!learn) return;
  learn(true);
  uv_hrtime();
  learn(false);
}

void goOn(bool heeds_questions) {
  if (const auto go_on = find<decltype(instastart_go_on)>("instastart_go_on")) go_on(heeds_questions);
}

void stopReading() {
  if (const auto stop = find<decltype(instastart_stop_reading)>("instastart_stop_reading")) stop();
}

uint64_t dateReadings() {
  const auto count = find<decltype(instastart_date_readings)>("instastart_date_readings");
  return count ? count() : 0;
}

void countOnClock() {
  if (const auto count_on = find<decltype(instastart_count_on_clock)>("instastart_count_on_clock")) count_on();
}

bool setClockBack(int64_t by) {
  const auto has_read = find<decltype(instastart_has_read_clock)>("instastart_has_read_clock");
  const auto set = find<decltype(instastart_set_clock_back)>("instastart_set_clock_back");
  if (!has_read || !set || !has_read()) return false;
  set(by);
  return true;
}
