// Forks while V8 has all hands full: functions are compiled in the background and garbage is collected as the zygote parks, and again in each
// run. What a thread of V8's holds at a fork is held for ever in the child: it hangs or crashes, one in hundreds.
import { describe, expect, test } from 'vitest'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, engines } from '../support/sandbox.js'
import { stress } from '../support/stress.js'

const runs = scaled(2000, 30)

/** A collection every so many allocations. */
const flags = ['--gc-interval=1500']

/** New functions all the time, each called often enough to be worth compiling. */
const busy = `export const work = (seed) => {
  let sum = 0
  for (let i = 0; i < 40; i++) {
    const add = new Function('a', 'b', \`let s = \${seed + i}; for (let i = 0; i < 1000; i++) s = (s + a[i % a.length].value * b) % 1000003; return s\`)
    const items = Array.from({ length: 50 }, (_, j) => ({ value: j, text: \`\${i} \${j}\` }))
    for (let j = 0; j < 30; j++) sum = (sum + add(items, j)) % 1000003
  }
  return sum
}
export const before = work(1)
`
const program = `import { before, work } from './busy.mjs'
console.log(before, work(2), work(3))
`

describe.each(nodes)('on Node $version', (node) => {
  test.each(engines)(`by %s: ${runs} forks under load, with functions being compiled and garbage collected, end as a plain run does`, async (engine) => {
    await using sandbox = new Sandbox(node, undefined, engine)
    sandbox.write('busy.mjs', busy)
    sandbox.write('app.mjs', program)
    const { stdout } = await sandbox.run('node', [...flags, 'app.mjs'])
    expect(stdout).toMatch(/^\d+ \d+ \d+\n$/)
    await sandbox.warmUp('client', [...flags, 'app.mjs'])
    const { warm, wrong } = await stress(sandbox, 'client', [...flags, 'app.mjs'], runs, stdout)
    recordFigure({ node: node.version, what: `${runs} forks by ${engine}, compiling and collecting`, value: `${warm} warm, ${wrong.length} wrong` })
    expect(wrong).toEqual([])
    expect(warm).toBe(runs)
  }, 1_200_000)
})
