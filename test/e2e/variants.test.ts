// Modules that ask for the command line before the gate: a zygote for each set of answers that comes again.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, isWarm, plainReason } from '../support/sandbox.js'

const asksForColour = 'export const colour = process.argv.includes(\'--color\')\n'
const asksForAll = 'export const args = process.argv.slice(2).join(\' \')\n'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
  })
  afterEach(() => sandbox.dispose())

  const write = (module: string) => {
    sandbox.write('asks.mjs', module)
    sandbox.write('app.mjs', 'import * as asks from \'./asks.mjs\'\nconsole.log(JSON.stringify(asks), process.argv.slice(2).join(\' \'))\n')
  }
  const run = async (...args: string[]) => {
    const outcome = await sandbox.run('client', ['app.mjs', ...args])
    expect(outcome.status, outcome.stderr).toBe(0)
    await sandbox.untilSettled()
    return outcome
  }
  const reasons = async (runs: string[][]) => {
    const found: string[] = []
    for (const args of runs) {
      const outcome = await run(...args)
      found.push(isWarm(outcome) ? 'warm' : plainReason(outcome))
    }
    return found
  }
  const runtimeFiles = () => fs.readdirSync(path.join(sandbox.runtime, 'instastart'))

  test('other answers than the zygote\'s are a plain run, then one that is kept warm as well', async () => {
    write(asksForColour)
    expect(await reasons([[], [], ['file'], ['--color'], ['--color']])).toEqual(['absent', 'warm', 'warm', 'question', 'warm'])
    const plain = await run('file')
    expect(plain.stdout).toBe('{"colour":false} file\n')
    const coloured = await run('--color', 'file')
    expect(coloured.stdout).toBe('{"colour":true} --color file\n')
    expect([plain, coloured].map(isWarm)).toEqual([true, true])
    // Somewhere else among the arguments is another answer (argv.indexOf).
    expect((await run('file', '--color')).stdout).toBe('{"colour":true} file --color\n')
    expect(sandbox.parked()).toHaveLength(3)
  })

  test('all of the arguments asked for: a zygote for each that are used again, and none for those that are not', async () => {
    write(asksForAll)
    expect(await reasons([['a'], ['a'], ['b'], ['c'], ['d'], ['a']])).toEqual(['absent', 'warm', 'question', 'question', 'question', 'warm'])
    expect(sandbox.parked()).toHaveLength(1)
    expect(await reasons([['b'], ['b'], ['a']])).toEqual(['question', 'warm', 'warm'])
    expect(sandbox.parked()).toHaveLength(2)
    expect((await run('b')).stdout).toBe('{"args":"b"} b\n')
    // What did not come again leaves no manifest.
    expect(runtimeFiles().filter((name) => name.endsWith('.json'))).toHaveLength(2)
  })

  test('no more than six are kept warm at a time: the one that waited longest goes', async () => {
    write(asksForAll)
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await reasons([[word], [word]])
    await until('six zygotes', () => sandbox.parked().length === 6)
    expect(await reasons([['g'], ['f'], ['e'], ['d'], ['c'], ['b']])).toEqual(Array.from({ length: 6 }, () => 'warm'))
    expect((await run('a')).stdout).toBe('{"args":"a"} a\n')
  })

  test('when a module asks for more than was known, zygotes that nobody would find any more are ended', async () => {
    write(asksForColour)
    await reasons([[], []])
    write(asksForAll)
    expect(await reasons([[], ['x'], [], []])).toEqual(['stale', 'question', 'warm', 'warm'])
    expect(sandbox.parked()).toHaveLength(1)
    expect((await run('x')).stdout).toBe('{"args":"x"} x\n')
  })

  test.each([['empty', ''], ['without an end', '=--col'], ['of nonsense', '\0\0\0*=\0'], ['long', '=x'.repeat(100_000)]])('a list of questions that is %s costs nothing but a plain run', async (_, list) => {
    write(asksForColour)
    await reasons([[], []])
    const name = runtimeFiles().find((each) => each.endsWith('.asked')) ?? ''
    fs.writeFileSync(path.join(sandbox.runtime, 'instastart', name), list)
    for (const args of [[], ['--color'], ['--color'], ['--color']]) {
      const outcome = await run(...args)
      expect(outcome.stdout).toBe(`{"colour":${args.length > 0}} ${args.join(' ')}\n`)
      expect(debugLine(outcome)).toMatch(/^(plain|warm) run/)
    }
  })

  test('first runs with different arguments at once all do what they should', async () => {
    write(asksForAll)
    const words = Array.from({ length: 12 }, (_, i) => `word${i % 3}`)
    const outcomes = await Promise.all(words.map((word) => sandbox.run('client', ['app.mjs', word])))
    expect(outcomes.map(({ stdout }) => stdout)).toEqual(words.map((word) => `{"args":"${word}"} ${word}\n`))
    await sandbox.untilSettled()
    await reasons([['word0'], ['word1'], ['word2'], ['word0'], ['word1'], ['word2']])
    expect(await reasons([['word0'], ['word1'], ['word2']])).toEqual(['warm', 'warm', 'warm'])
  })
})
