import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { plainRun, referenceFor } from '../support/parity.js'
import { Sandbox, debugLine, isWarm, warmWays, withoutDebugLines } from '../support/sandbox.js'
import type { Outcome } from '../support/program.js'

const firstRuns = scaled(50, 20)

const failing: [entry: string, says: string, status: number][] = [
  ['syntax.mjs', 'SyntaxError', 1], ['syntax.cjs', 'SyntaxError', 1], ['dependency-syntax.mjs', 'SyntaxError', 1],
  ['missing.mjs', 'ERR_MODULE_NOT_FOUND', 1], ['missing.cjs', 'MODULE_NOT_FOUND', 1],
  ['missing-package.mjs', 'ERR_MODULE_NOT_FOUND', 1], ['missing-export.mjs', 'noSuchName', 1],
  ['dependency-throws.mjs', 'thrown by a dependency', 1], ['dependency-throws.cjs', 'thrown by a dependency', 1],
  ['dependency-exits.mjs', '', 6],
]

/** Which of Node's own functions are in the stack depends on its options. Resolution hooks are in it, as any user's would be. */
const told = ({ stdout, stderr, status, signal }: Outcome) =>
  ({ stdout, stderr: withoutDebugLines(stderr).replaceAll(/^ +at .*(\(?node:|\/(early|later)\.js:).*\n/gm, ''), status, signal })

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays)('with %s', (way) => {
    let sandbox: Sandbox
    beforeAll(() => {
      sandbox = new Sandbox(node, 'failures')
    })
    afterAll(() => sandbox.dispose())

    test.each(failing)('%s fails with Node\'s own message (%s), and no zygote is left or tried again', async (entry, says, status) => {
      const plain = await plainRun(sandbox, way, [entry], {}, referenceFor(entry))
      expect(plain).toMatchObject({ status })
      expect(plain.stderr).toContain(says)
      expect(told(await sandbox.run(way, [entry]))).toEqual(told(plain))

      await sandbox.untilSettled()
      expect(sandbox.zygotes()).toEqual([])
      const manifest = () => sandbox.manifests().find((each) => each.entry.endsWith(entry))
      expect(manifest()).toMatchObject({ state: 'given-up', failures: 1, reason: expect.stringMatching(/./) as string })

      expect(told(await sandbox.run(way, [entry]))).toEqual(told(plain))
      await sandbox.untilSettled()
      expect(manifest()).toMatchObject({ state: 'given-up', failures: 1 })
      expect(sandbox.processes()).toEqual([])
    })

    test.each(['syntax.mts', 'dependency-throws.mts'])('%s fails at its own line, the same every time', async (entry) => {
      const first = await sandbox.run(way, [entry], { env: { INSTASTART: '0' } })
      expect(first).toMatchObject({ status: 1 })
      expect(first.stderr).toMatch(entry === 'syntax.mts' ? /syntax\.mts:4/ : /throwing\.mts:4/)
      for (const attempt of ['second', 'third']) {
        expect(told(await sandbox.run(way, [entry])), attempt).toEqual(told(first))
        await sandbox.untilSettled()
      }
      expect(sandbox.processes()).toEqual([])
    })

    test('a module that prints before it throws does both in every run, with the gate in front of it', async () => {
      const entry = 'dependency-prints.mjs'
      const plain = await plainRun(sandbox, way, [entry], {}, referenceFor(entry))
      expect(plain).toMatchObject({ status: 1, stdout: 'before\n' })
      for (const isToBeWarm of [false, false, true]) {
        const outcome = await sandbox.run(way, [entry])
        expect(told(outcome)).toEqual(told(plain))
        expect(isWarm(outcome)).toBe(isToBeWarm)
        await sandbox.untilSettled()
      }
      await sandbox.killZygotes('SIGTERM')
    })

    test('a program that failed is tried again once it is mended', async () => {
      sandbox.write('mended.mjs', 'import \'./valid.mjs\'\nimport \'./late.mjs\'\nconsole.log(\'works\')\n')
      sandbox.write('late.mjs', 'throw new Error(\'not yet\')\n')
      expect(await sandbox.run(way, ['mended.mjs'])).toMatchObject({ status: 1 })
      await sandbox.untilSettled()
      sandbox.write('late.mjs', 'export {}\n')
      expect(await sandbox.run(way, ['mended.mjs'])).toMatchObject({ status: 0, stdout: 'works\n' })
      await sandbox.untilSettled()
      const mended = await sandbox.run(way, ['mended.mjs'])
      expect(debugLine(mended)).toMatch(/^warm run/)
      expect(mended).toMatchObject({ status: 0, stdout: 'works\n' })
    })
  })

  test(`${firstRuns} first runs at once make one zygote and as many right results`, async () => {
    const sandbox = new Sandbox(node, 'greeting')
    try {
      const outcomes = await Promise.all(Array.from({ length: firstRuns }, (_, i) => sandbox.run(i % 2 ? 'register' : 'client', ['app.mjs', String(i)])))
      expect(outcomes.map(({ stdout, status }) => [stdout, status])).toEqual(outcomes.map((_, i) => [`hello ${i}\n`, 3]))
      await sandbox.untilParked(1)
      expect(sandbox.manifests()).toHaveLength(1)
      expect(sandbox.zygotes()).toHaveLength(1)
      expect(isWarm(await sandbox.run('client', ['app.mjs']))).toBe(true)
    } finally {
      await sandbox.dispose()
    }
  })
})
