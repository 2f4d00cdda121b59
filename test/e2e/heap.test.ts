// V8 judges by what it has seen of a process how often it should collect garbage. A zygote has collected several times, and was idle for long.
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordFigure } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, isWarm, warmWays, type Way } from '../support/sandbox.js'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('package.json', '{ "type": "module" }')
    sandbox.write('kept.js', 'export const kept = Array.from({ length: 300_000 }, (_, i) => ({ i, text: `${i}` }))\n')
    sandbox.write('app.js', `import { GCProfiler } from 'node:v8'
import { kept } from './kept.js'
const profiler = new GCProfiler()
profiler.start()
for (let i = 0; i < 200; i++) kept.push(JSON.parse(JSON.stringify(Array.from({ length: 500 }, (_, j) => ({ i, j, text: \`\${i}-\${j}\` })))))
console.log(JSON.stringify(profiler.stop().statistics.map(({ gcType }) => gcType)))
`)
  })
  afterEach(() => sandbox.dispose())

  const collections = async (way: Way) => {
    const outcome = await sandbox.run(way, ['app.js'])
    expect(outcome).toMatchObject({ status: 0 })
    const all = JSON.parse(outcome.stdout) as string[]
    return { outcome, young: all.filter((type) => type === 'Scavenge').length, full: all.filter((type) => type !== 'Scavenge').length }
  }

  test.each(warmWays)('with %s, a run of a zygote that was idle for seconds collects as often as plain Node', async (way) => {
    await sandbox.warmUp(way, ['app.js'])
    await setTimeout(6000)
    const warm = await collections(way)
    expect(isWarm(warm.outcome)).toBe(true)
    const plain = await collections('node')
    const figure = ({ young, full }: typeof warm) => `${young} young, ${full} full`
    recordFigure({ node: node.version, what: `collections of a run, ${way}: warm / plain`, value: `${figure(warm)} / ${figure(plain)}` })
    expect(warm.young).toBeLessThanOrEqual(plain.young + 2)
    expect(warm.full).toBeLessThanOrEqual(plain.full + 1)
  })
})
