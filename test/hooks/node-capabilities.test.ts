import { expect, test } from 'vitest'
import { isSince } from '../../loader/node-capabilities.js'

const releases = ['22.15', '23.5.1', '24.0']

test.each([
  [[20, 99, 0], false], [[22, 14, 9], false], [[22, 15, 0], true], [[23, 5, 0], false], [[23, 5, 1], true], [[23, 6, 0], true],
  [[24, 0, 0], true], [[25, 0, 0], true], [[21, 0, 0], false],
] as const)('what came in 22.15, 23.5.1 and 24.0: is it in %s? %s', (version, expected) => {
  expect(isSince(releases, version)).toBe(expected)
})

test('a line between two that are named does not have it', () => {
  expect(isSince(['24.18', '26.2'], [25, 9, 0])).toBe(false)
})
