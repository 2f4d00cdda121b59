// What a start costs where there is no zygote yet: compared with tsx, and with plain Node. In full only, for nothing else may run beside.
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { isContract, median, recordFigure } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, type Way } from '../support/sandbox.js'

const root = path.resolve(import.meta.dirname, '../..')
const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs')
const demo = path.join(root, 'test/demo/program.ts')

const hello = (sandbox: Sandbox, extension: string) => {
  const name = `hello.${extension}`
  sandbox.write(name, extension === 'ts' ? 'const text: string = "Hello"\nconsole.log(text)\n' : 'console.log("Hello")\n')
  return path.join(sandbox.project, name)
}

const inMs = (ms: number) => `${ms.toFixed(1)} ms`

describe.runIf(isContract).each(nodes)('on Node $version', (node) => {
  /** What runs in turn took, each as the first of its program: a zygote that comes of one is ended before the next. */
  const measure = async (times: number, ways: readonly (readonly [Way, string[]])[], cwd?: string): Promise<number[][]> => {
    const measured: number[][] = ways.map(() => [])
    await using warmUp = new Sandbox(node, undefined, 'any') // For the transform caches of both.
    for (let i = -1; i < times; i++) {
      for (const [at, [way, args]] of ways.entries()) {
        await using sandbox = new Sandbox(node, undefined, 'any')
        const options = { env: { INSTASTART_DEBUG: '', INSTASTART_MIN_SAVING: '', XDG_CACHE_HOME: warmUp.cache, TMPDIR: warmUp.directory }, ...(cwd ? { cwd } : {}), timeoutMs: 60_000 }
        const outcome = await sandbox.run(way, args, options)
        expect(outcome.status, outcome.stderr).toBe(0)
        if (way !== 'node') await sandbox.untilSettled()
        if (i >= 0) measured[at]?.push(outcome.ms)
      }
    }
    return measured
  }

  const compare = async (...parameters: Parameters<typeof measure>) => (await measure(...parameters)).map(median)

  test('a cold TypeScript hello takes at most 0.7 of tsx\'s time', async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    const file = hello(sandbox, 'ts')
    const [ours = NaN, theirs = NaN] = await compare(15, [['register', [file]], ['node', ['--import', tsx, file]]])
    recordFigure({ node: node.version, what: 'cold hello.ts', value: `${inMs(ours)}, tsx ${inMs(theirs)}, ratio ${(ours / theirs).toFixed(2)}` })
    expect(ours / theirs).toBeLessThanOrEqual(0.7)
  })

  test('a cold heavy program takes at most tsx\'s time', async () => {
    const [ours = NaN, theirs = NaN] = await compare(5, [['register', [demo]], ['node', ['--import', tsx, demo]]], root)
    recordFigure({ node: node.version, what: 'cold demo', value: `${inMs(ours)}, tsx ${inMs(theirs)}, ratio ${(ours / theirs).toFixed(2)}` })
    expect(ours / theirs).toBeLessThanOrEqual(1)
  })

  test.each(['mjs', 'cjs'])('a cold JavaScript entry (%s) takes at most 10 ms more than in plain Node', async (extension) => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    const file = hello(sandbox, extension)
    const [ours = [], plain = []] = await measure(25, [['register', [file]], ['node', [file]]])
    // A difference, not a ratio: of each the run that was disturbed least, for others on the machine cost as much as what is measured.
    const more = Math.min(...ours) - Math.min(...plain)
    const medians = `medians ${inMs(median(ours))} and ${inMs(median(plain))}`
    recordFigure({ node: node.version, what: `cold hello.${extension}`, value: `${inMs(Math.min(...ours))}, plain ${inMs(Math.min(...plain))}, ${inMs(more)} more (${medians})` })
    expect(more).toBeLessThanOrEqual(10)
  })
})
