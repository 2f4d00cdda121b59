// No two runs draw the same numbers, whatever was drawn before the gate.
import os from 'node:os'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, engines, isWarm } from '../support/sandbox.js'

/** Of a program, on each Node, by each engine. */
const runs = Math.ceil(scaled(10_000, 40) / (nodes.length * engines.length))

const inParallel = async <T>(count: number, run: () => Promise<T>): Promise<T[]> => {
  const results: T[] = []
  let left = count
  const worker = async () => {
    while (left-- > 0) results.push(await run())
  }
  await Promise.all(Array.from({ length: 2 * os.availableParallelism() }, worker))
  return results
}

const draws = [
  ['randomUUID', 'import { randomUUID } from \'node:crypto\'\nexport const drawn = randomUUID()\n'],
  ['randomInt', 'import { randomInt } from \'node:crypto\'\nexport const drawn = randomInt(2 ** 47)\n'],
  ['randomBytes', 'import { randomBytes } from \'node:crypto\'\nexport const drawn = randomBytes(8).toString(\'hex\')\n'],
  ['getRandomValues', 'export const drawn = crypto.getRandomValues(new Uint32Array(4)).join()\n'],
  ['generateKeySync', 'import { generateKeySync } from \'node:crypto\'\nexport const drawn = generateKeySync(\'aes\', { length: 128 }).export().toString(\'hex\')\n'],
] as const

describe.each(nodes)('on Node $version', (node) => {
  describe.each(engines)('by %s', (engine) => {
    let sandbox: Sandbox
    beforeAll(() => {
      sandbox = new Sandbox(node, 'randomness', engine)
    })
    afterAll(() => sandbox.dispose())

    const warmRun = async (args: string[]) => {
      const outcome = await sandbox.run('client', args)
      expect(isWarm(outcome), outcome.stderr).toBe(true)
      return outcome.stdout
    }

    test.each([[['app.mjs']], [['--require=./early.cjs', 'app.mjs']]])('runs of %s differ in every number', async (args) => {
      await sandbox.warmUp('client', args)
      const texts = [await warmRun(args), await warmRun(args), await warmRun(args)]
      const numbers = texts.flatMap((text) => Object.values(JSON.parse(text) as Record<string, unknown>))
      expect(numbers).toHaveLength(3 * 16)
      expect(new Set(numbers).size, texts.join('')).toBe(numbers.length)
    })

    test('a seed given on the command line gives the numbers of plain Node', async () => {
      const args = ['--random-seed=7', 'seeded.mjs']
      const plain = await sandbox.run('client', args, { env: { INSTASTART: '0' } })
      await sandbox.warmUp('client', args)
      expect(await warmRun(args)).toBe(plain.stdout)
      expect(await warmRun(args)).toBe(plain.stdout)
    })

    test(`${runs} runs draw no equal UUID and no equal first number`, async () => {
      await sandbox.warmUp('client', ['first.mjs'])
      const texts = await inParallel(runs, () => warmRun(['first.mjs']))
      const [numbers, ids] = [0, 1].map((column) => new Set(texts.map((text) => text.trim().split(' ')[column])))
      // 52 bits each: that two of 10,000 are equal by chance happens once in 90 million times.
      expect([numbers?.size, ids?.size]).toEqual([runs, runs])
      recordFigure({ node: node.version, what: `${runs} runs by ${engine}, equal UUIDs or first numbers`, value: '0' })
    }, 2_400_000)
  })

  describe('drawn before the gate', () => {
    let sandbox: Sandbox
    beforeEach(() => {
      sandbox = new Sandbox(node, 'randomness')
    })
    afterEach(() => sandbox.dispose())

    test.each(draws)('%s moves the gate in front of the module, for all would have the same', async (_, source) => {
      sandbox.write('draws.mjs', source)
      const outcomes = [await sandbox.run('client', ['drawing.mjs'])]
      await sandbox.untilSettled()
      expect(sandbox.manifests()).toMatchObject([{ state: 'given-up', reason: 'randomness-before-gate' }])
      outcomes.push(await sandbox.run('client', ['drawing.mjs']))
      await sandbox.untilParked()
      for (let i = 0; i < 2; i++) outcomes.push(await sandbox.run('client', ['drawing.mjs']))
      expect(outcomes.map(isWarm)).toEqual([false, false, true, true])
      expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(4)
    })

    test('with the gate in front of the module runs are warm, and differ', async () => {
      sandbox.write('draws.mjs', draws[0][1])
      sandbox.write('package.json', JSON.stringify({ instastart: { gateBefore: ['./draws.mjs'] } }))
      await sandbox.warmUp('client', ['drawing.mjs'])
      const outcomes = [await sandbox.run('client', ['drawing.mjs']), await sandbox.run('client', ['drawing.mjs'])]
      expect(outcomes.map(isWarm)).toEqual([true, true])
      expect(outcomes[0]?.stdout).not.toBe(outcomes[1]?.stdout)
    })
  })
})
