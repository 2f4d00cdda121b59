// How long a zygote without runs stays: INSTASTART_IDLE, else what the package's settings say.

const defaultSeconds = 30 * 60

/** Milliseconds, of numbers of seconds; a variable that is no positive number counts as not set. */
export const idleMilliseconds = (variable: string | undefined, setting = defaultSeconds): number => {
  const seconds = Number(variable)
  return 1000 * Math.min(seconds > 0 ? seconds : setting, 7 * 24 * 3600)
}
