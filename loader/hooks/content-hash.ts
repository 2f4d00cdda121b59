// A hash of text, 128 bits wide, to tell contents apart and to find damage. Not a cryptographic one: loading node:crypto takes 3 to 6 ms of each
// start. Whoever could profit from a collision has his code run by this user already, for only what was loaded gets into the cache.

/** Four lanes of FNV-1a over UTF-16 code units, each with a seed and an odd multiplier of its own, mixed as MurmurHash3 does at its end. */
const seeds = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35] as const
const multipliers = [0x01000193, 0x5bd1e995, 0x27d4eb2f, 0x165667b1] as const

const mixed = (lane: number): number => {
  let bits = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0')

/** 32 hexadecimal digits. */
export const contentHash = (text: string): string => {
  let [a, b, c, d] = seeds as readonly [number, number, number, number]
  const [ma, mb, mc, md] = multipliers
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, ma)
    b = Math.imul(b ^ unit, mb) + (a >>> 15) | 0
    c = Math.imul(c ^ unit, mc) + (b >>> 15) | 0
    d = Math.imul(d ^ unit, md) + (c >>> 15) | 0
  }
  return [a ^ text.length, b, c, d].map((lane) => hex(mixed(lane))).join('')
}
