// How long the demo's program takes. Bounds are loose in `npm test`, where other tests run beside.
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isContract, median, npmSettings, recordFigure, scaled } from '../support/contract.js'
import { nodes, type NodeBinary } from '../support/nodes.js'
import { runProgram, type Outcome } from '../support/program.js'
import { Sandbox, debugLine, isWarm, type Way } from '../support/sandbox.js'

const root = path.resolve(import.meta.dirname, '../..')
const program = path.join(root, 'test/demo/program.ts')
const bounds = [['register', 0.1], ['client', 0.03]] as const
const warmRuns = scaled(10, 3)
const tolerance = scaled(1, 5)

const repeat = async (times: number, run: () => Promise<Outcome>): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  while (outcomes.length < times) outcomes.push(await run())
  return outcomes
}

const medianOf = (outcomes: readonly Outcome[]) => median(outcomes.map(({ ms }) => ms))
const inMs = (ms: number) => `${ms.toFixed(0)} ms`

/** tsx on Node 20, which does not know TypeScript; Node itself on the others. */
const plainArguments = (node: NodeBinary) => (node.major < 22 ? ['--import', 'tsx', program] : [program])

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  const run = (way: Way, args = [program]) => sandbox.run(way, args, { cwd: root, timeoutMs: 60_000 })
  beforeEach(() => {
    sandbox = new Sandbox(node, undefined, 'any')
  })
  afterEach(() => sandbox.dispose())

  test('a warm run of the demo takes at most 0.1 of a plain one with register, 0.03 with the command', async () => {
    const plain = await repeat(scaled(3, 1), () => run('node', plainArguments(node)))
    const plainMs = medianOf(plain)
    recordFigure({ node: node.version, what: 'demo, plain', value: inMs(plainMs) })
    expect(plainMs, 'the demo is heavy').toBeGreaterThan(scaled(1000, 0))
    await sandbox.warmUp('register', [program], { cwd: root, timeoutMs: 60_000 })
    const ratios: number[] = []
    for (const [way] of bounds) {
      const warm = await repeat(warmRuns, () => run(way))
      expect(warm.map(isWarm)).toEqual(warm.map(() => true))
      expect(warm.map(({ stdout, status }) => [stdout, status])).toEqual(warm.map(() => [plain[0]?.stdout, 0]))
      ratios.push(medianOf(warm) / plainMs)
      recordFigure({ node: node.version, what: `demo, warm with ${way} (median of ${warmRuns})`, value: `${inMs(medianOf(warm))}, ratio ${ratios.at(-1)?.toFixed(3)}` })
    }
    ratios.forEach((ratio, i) => expect(ratio, bounds[i]?.[0]).toBeLessThanOrEqual((bounds[i]?.[1] ?? 0) * tolerance))
  })

  test('a run typed right after the first is warm or no slower than plain', async () => {
    const plainMs = medianOf(await repeat(scaled(3, 1), () => run('node', plainArguments(node))))
    const second: Outcome[] = []
    for (let i = 0; i < scaled(5, 1); i++) {
      await run('register')
      second.push(await run('register'))
      await sandbox.untilSettled()
      await sandbox.dispose()
      sandbox = new Sandbox(node, undefined, 'any')
    }
    const secondMs = medianOf(second)
    recordFigure({ node: node.version, what: 'demo, right after the first', value: `${inMs(secondMs)} (plain ${inMs(plainMs)}), ${second.filter(isWarm).length} of ${second.length} warm` })
    const noSlower = second.filter((outcome) => isWarm(outcome) || outcome.ms <= plainMs * scaled(1.15, 3))
    expect(noSlower.length, second.map((outcome) => `${debugLine(outcome)} ${inMs(outcome.ms)} (plain ${inMs(plainMs)})`).join('\n')).toBe(second.length)
  })
})

/** 1.5 ms where `node -e 0` takes 40. */
const mostOverEmpty = 1 + 1.5 / 40

describe.runIf(isContract).each(nodes)('on Node $version, in full only', (node) => {
  test('a process that nothing is done for pays under 1.5 ms over an empty preload', { timeout: 300_000 }, async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    sandbox.write('empty.cjs', '')
    // Has the loader's own code compiled and kept.
    sandbox.write('app.mjs', '')
    await sandbox.run('register', ['app.mjs'])
    const env = sandbox.env()
    delete env.INSTASTART_DEBUG
    const least = { empty: Infinity, ours: Infinity }
    for (let i = 0; i < 60; i++) {
      for (const [name, preload] of [['empty', './empty.cjs'], ['ours', path.join(sandbox.distribution, 'register.js')]] as const) {
        const { ms, status } = await runProgram('node', ['--import', preload, '-e', '0'], { cwd: sandbox.project, env })
        expect(status).toBe(0)
        least[name] = Math.min(least[name], ms)
      }
    }
    recordFigure({ node: node.version, what: 'node -e 0 with our preload / an empty one', value: `${least.ours.toFixed(1)} ms / ${least.empty.toFixed(1)} ms = ${(least.ours / least.empty).toFixed(3)}` })
    expect(least.ours / least.empty).toBeLessThanOrEqual(mostOverEmpty)
  })
})

// It installs everything anew and runs tests itself.
describe.runIf(isContract)('in full only', () => {
  test('the README\'s commands succeed in a fresh checkout with nothing but Node, npm and a compiler', async () => {
    const node = nodes[0]
    if (!node) throw new Error('no Node')
    const sandbox = new Sandbox(node, undefined, 'any')
    const shell = async (command: string) => {
      const outcome = await runProgram('/bin/bash', ['-c', command], {
        cwd: sandbox.project, env: sandbox.env({ INSTASTART_DEBUG: '', ...npmSettings() }), timeoutMs: 900_000,
      })
      expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ status: 0 })
      return outcome
    }
    try {
      await shell(`git -C '${root}' archive HEAD | tar -x`)
      const { ms } = await shell('npm ci && npm run demo')
      recordFigure({ node: node.version, what: 'npm ci && npm run demo, fresh', value: `${(ms / 1000).toFixed(0)} s` })
      await shell('npm test -- test/architecture.test.ts test/e2e/entries.test.ts')
    } finally {
      await sandbox.dispose()
    }
  }, 1_800_000)
})
