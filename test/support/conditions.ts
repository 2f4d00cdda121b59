// Waiting for a condition, bounded: what tests do instead of sleeping.
import { setTimeout as pause } from 'node:timers/promises'

export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`)
    await pause(10)
  }
}
