import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { contentHash } from '../../loader/hooks/content-hash.js'

test('it is 32 digits, the same for the same text', () => {
  for (const text of ['', 'a', '\uFFFF', 'é'.repeat(1000)]) {
    expect(contentHash(text)).toMatch(/^[\da-f]{32}$/)
    expect(contentHash(text)).toBe(contentHash(text))
  }
})

test('texts that differ a little have nothing in common', () => {
  const near = ['', '\0', '\0\0', 'a', 'b', 'aa', 'ab', 'ba', 'const a = 1', 'const a = 2', 'const b = 1']
  const words = near.flatMap((text) => contentHash(text).match(/.{8}/g) ?? [])
  expect(new Set(words).size).toBe(words.length)
})

test('every 32 bits of it spread 200,000 texts as well as SHA-256 does', () => {
  const lanes = Array.from({ length: 4 }, () => new Set<string>())
  const sha = new Set<string>()
  for (let i = 0; i < 200_000; i++) {
    const text = `line ${i % 100}\nconst x = ${i}\n`
    const hash = contentHash(text)
    lanes.forEach((lane, at) => lane.add(hash.slice(8 * at, 8 * at + 8)))
    sha.add(createHash('sha256').update(text).digest('hex').slice(0, 8))
  }
  // Of as many random numbers of 32 bits, about five are equal to an earlier one.
  for (const lane of lanes) expect(lane.size).toBeGreaterThan(sha.size - 30)
})
