// INSTASTART_IDLE: how long a zygote without runs stays.

const defaultSeconds = 30 * 60

/** Milliseconds, of a number of seconds; what is no positive number counts as not set. */
export const idleMilliseconds = (setting: string | undefined): number => {
  const seconds = Number(setting)
  return 1000 * (seconds > 0 ? Math.min(seconds, 7 * 24 * 3600) : defaultSeconds)
}
