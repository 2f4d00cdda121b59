// A module that must not be evaluated in a zygote moves the gate in front of itself; what comes before it stays warm.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, distribution, isWarm, type Way } from '../support/sandbox.js'

/** Each module notes in whom it was evaluated; `log.txt` has what was done. */
const noting = (name: string) => `;(globalThis.order ??= []).push('${name}:' + (/^instastart zygote/.test(process.getBuiltinModule('fs').readFileSync('/proc/self/cmdline')) ? 'zygote' : 'run'))`
const writing = (what: string) => `fs.appendFileSync(${what}, 'line\\n')`

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    for (const name of ['first', 'last']) {
      sandbox.write(`${name}.mjs`, `${noting(name)}\nexport default '${name}'\n`)
      sandbox.write(`${name}.cjs`, `${noting(name)}\n`)
    }
  })
  afterEach(() => sandbox.dispose())

  const log = () => path.join(sandbox.project, 'log.txt')
  const lines = () => (fs.existsSync(log()) ? fs.readFileSync(log(), 'utf8').split('\n').length - 1 : 0)
  const file = () => JSON.stringify(log())

  const runUntilWarm = async (entry: string, way: Way = 'client') => {
    const outcomes = []
    for (let i = 0; i < 4; i++) {
      outcomes.push(await sandbox.run(way, [entry]))
      await sandbox.untilSettled()
      if (outcomes.some(isWarm)) break
    }
    return { plainRuns: outcomes.filter((outcome) => !isWarm(outcome)).length, order: JSON.parse(outcomes.at(-1)?.stdout ?? '') as string[], count: outcomes.length }
  }
  const print = 'console.log(JSON.stringify(globalThis.order))'

  test('among ES modules: the ones before it are evaluated once, the others in each run', async () => {
    sandbox.write('acts.mjs', `import fs from 'node:fs'\n${noting('acts')}\n${writing(file())}\n`)
    sandbox.write('app.mjs', `import './first.mjs'\nimport './acts.mjs'\nimport './last.mjs'\n${print}\n`)
    expect(await runUntilWarm('app.mjs')).toMatchObject({ plainRuns: 2, order: ['first:zygote', 'acts:run', 'last:run'] })
    expect(lines()).toBe(3)
  })

  test('among required modules, inside of one that is being evaluated', async () => {
    sandbox.write('acts.cjs', `const fs = require('node:fs')\n${noting('acts')}\n${writing(file())}\n`)
    sandbox.write('outer.cjs', `require('./first.cjs')\n${noting('outer')}\nrequire('./acts.cjs')\n${noting('outer again')}\n`)
    sandbox.write('app.cjs', `require('./outer.cjs')\nrequire('./last.cjs')\n${print}\n`)
    expect(await runUntilWarm('app.cjs')).toMatchObject({ plainRuns: 2, order: ['first:zygote', 'outer:zygote', 'acts:run', 'outer again:run', 'last:run'] })
    expect(lines()).toBe(3)
  })

  test.each(['acts.cjs', 'node_modules/acts/index.js'])('a CommonJS module that ES modules import: %s', async (acts) => {
    sandbox.write(acts, `const fs = require('node:fs')\n${noting('acts')}\n${writing(file())}\nexports.stack = new Error().stack\n`)
    sandbox.write('outer.mjs', `import { stack } from '${acts.startsWith('node_modules') ? 'acts' : './acts.cjs'}'\n${noting('outer')}\nexport { stack }\n`)
    sandbox.write('app.mjs', `import './first.cjs'\nimport { stack } from './outer.mjs'\nimport './last.cjs'\nglobalThis.order.push(...stack.split('\\n').filter((line) => line.includes('${distribution}')))\n${print}\n`)
    expect(await runUntilWarm('app.mjs')).toMatchObject({ plainRuns: 2, order: ['first:zygote', 'acts:run', 'outer:run', 'last:run'] })
    expect(lines()).toBe(3)
    // Once more, with what it has learned.
    expect(JSON.parse((await sandbox.run('client', ['app.mjs'])).stdout)).toHaveLength(4)
  })

  test('to blame is who is evaluated, and not whose function it calls', async () => {
    sandbox.write('helper.mjs', `import fs from 'node:fs'\n${noting('helper')}\nexport const act = () => ${writing(file())}\n`)
    sandbox.write('acts.mjs', `import { act } from './helper.mjs'\n${noting('acts')}\nact()\n`)
    sandbox.write('app.mjs', `import './first.mjs'\nimport './acts.mjs'\n${print}\n`)
    expect((await runUntilWarm('app.mjs')).order).toEqual(['first:zygote', 'helper:zygote', 'acts:run'])
    expect(lines()).toBe(3)
  })

  test('two that act: the gate is in front of the first', async () => {
    for (const name of ['one', 'two']) sandbox.write(`${name}.mjs`, `import fs from 'node:fs'\n${noting(name)}\n${writing(file())}\n`)
    sandbox.write('app.mjs', `import './first.mjs'\nimport './one.mjs'\nimport './two.mjs'\n${print}\n`)
    expect(await runUntilWarm('app.mjs')).toMatchObject({ plainRuns: 2, order: ['first:zygote', 'one:run', 'two:run'] })
    expect(lines()).toBe(6)
  })

  test('a CommonJS entry that acts between what it requires', async () => {
    sandbox.write('app.cjs', `const fs = require('node:fs')\nrequire('./first.cjs')\n${writing(file())}\nrequire('./last.cjs')\n${print}\n`)
    const { order, count } = await runUntilWarm('app.cjs')
    expect(order.map((each) => each.split(':')[0])).toEqual(['first', 'last'])
    expect(lines()).toBe(count)
  })

  test('once the module is another one, the gate is where it was', async () => {
    sandbox.write('acts.mjs', `import fs from 'node:fs'\n${noting('acts')}\n${writing(file())}\n`)
    sandbox.write('app.mjs', `import './acts.mjs'\nimport './last.mjs'\n${print}\n`)
    await runUntilWarm('app.mjs')
    sandbox.write('acts.mjs', `${noting('acts')}\n`)
    expect((await runUntilWarm('app.mjs')).order).toEqual(['acts:zygote', 'last:zygote'])
  })

  test('`warm` makes as many zygotes as it takes, and `why` says what moved the gate', async () => {
    sandbox.write('acts.mjs', `import fs from 'node:fs'\n${writing(file())}\n`)
    sandbox.write('app.mjs', `import './first.mjs'\nimport './acts.mjs'\n${print}\n`)
    expect(await runCommand(sandbox, ['warm', 'app.mjs'])).toMatchObject({ status: 0 })
    const { stdout } = await runCommand(sandbox, ['why', '--json', 'app.mjs'])
    const gate = { file: path.join(sandbox.project, 'acts.mjs'), reason: `act-before-gate: to write: ${log()}` }
    expect(JSON.parse(stdout)).toMatchObject({ next: { verdict: 'warm' }, zygotes: [{ movedGates: [gate] }] })
    expect((await runCommand(sandbox, ['why', 'app.mjs'])).stdout.replaceAll(/\s+/g, ' ')).toContain(`Its gate is in front of ${gate.file}`)
    expect(lines()).toBe(0)
  })
})
