// Node has random bytes in store for crypto.randomUUID() and crypto.randomInt() (lib/internal/crypto/random.js), which all runs would share. Once
// the zygote listens nobody may draw any, but a preload that came before ours (--require) may have filled them.
import type { Native } from '../native.js'

/** To be called once draws are heard, and before anybody else draws. Afterwards the first run of these functions fetches new bytes. */
export const emptyRandomCaches = (native: Native) => {
  if (!(process as unknown as { moduleLoadList: string[] }).moduleLoadList.includes('NativeModule internal/crypto/random')) return
  const { randomInt, randomUUID } = require('node:crypto') as typeof import('node:crypto')
  const countUntilFetched = (take: () => void) => {
    const before = native.randomDraws()
    let count = 0
    for (; native.randomDraws() === before; count++) take()
    return count
  }
  for (const take of [() => void randomUUID(), () => void randomInt(2)]) {
    countUntilFetched(take)
    // From here on as many as a full store holds, of which the last one has fetched the next.
    const most = countUntilFetched(take)
    for (let left = most - 1; left > 0; left--) take()
  }
}
