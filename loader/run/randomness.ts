// Forks would draw the same Math.random() numbers, for V8 seeds a context once. A zygote's numbers come from the kernel, in batches
// that no fork shares.
import type { Native } from '../native.js'

const batch = new Float64Array(32)
let used = batch.length

/** To be called before any module can capture `Math.random`. */
export const installRandom = (native: Native) => {
  const kept = Math.random
  const random = () => {
    if (used === batch.length) {
      if (!native.fillRandom(batch)) return kept()
      used = 0
    }
    return batch[used++] ?? kept()
  }
  Object.defineProperty(Math, 'random', { value: random, writable: true, enumerable: false, configurable: true })
}

/** In a run, first thing: what the zygote drew in advance is not this run's. */
export const renewRandom = () => {
  used = batch.length
}
