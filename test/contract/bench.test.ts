// What the bench measures, against what was promised. In full only, for nothing else may run beside, and peers are installed.
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { isContract, npmSettings, recordFigure } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox } from '../support/sandbox.js'

const root = path.resolve(import.meta.dirname, '../..')

interface Summary { min: number, median: number }
type Table = Record<string, Summary>
interface Measured {
  totals: Record<'hello' | 'graph' | 'mid' | 'heavy', Table>
  throughput: Record<string, Table>
  memory: Table
}

describe.runIf(isContract).each(nodes)('on Node $version', (node) => {
  let measured: Measured

  beforeAll(async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    const file = path.join(sandbox.directory, 'bench.json')
    const args = ['--node', String(node.major), '--rounds', '15', '--json', file, ...['totals', 'throughput', 'memory'].flatMap((section) => ['--section', section])]
    const outcome = await runProgram(process.execPath, [path.join(root, 'test/bench/run.js'), ...args], {
      cwd: root, env: { PATH: process.env.PATH ?? '', ...npmSettings() }, timeoutMs: 1_500_000,
    })
    expect(outcome, outcome.stderr).toMatchObject({ status: 0 })
    measured = (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Measured>)[node.version] as Measured
  }, 1_600_000)

  const ratio = (table: Table, one: string, other: string, of: keyof Summary) => {
    const value = (table[one]?.[of] ?? NaN) / (table[other]?.[of] ?? NaN)
    recordFigure({ node: node.version, what: `${one} / ${other}`, value: `${table[one]?.[of].toFixed(1)} / ${table[other]?.[of].toFixed(1)} = ${value.toFixed(3)} (${of})` })
    return value
  }

  // The least disturbed run of each: what is to be seen is smaller than what the machine's other work adds.
  test.each(['tsc', 'json', 'regexp', 'jit', 'wasm', 'workers', 'spawns', 'http'])('%s in a warm run takes at most 1.03 of the time in a plain one', (name) => {
    const table = measured.throughput[name] ?? {}
    expect(ratio({ [`${name}, warm`]: table.warm, [`${name}, plain`]: table.plain } as Table, `${name}, warm`, `${name}, plain`, 'min')).toBeLessThanOrEqual(1.03)
  })

  // Programs that do as little as the empty one: with a graph of their own, and with a large one.
  test.each(['hello', 'graph'] as const)('%s, warm by the preload, takes at most 1.25 of an empty preload', (name) => {
    expect(ratio(measured.totals[name], 'node --import instastart/register, warm', 'node --import <empty> <empty>', 'median')).toBeLessThanOrEqual(1.25)
  })

  test.runIf(node.major >= 22)('hello, warm by the command, takes at most 0.4 of node -e 0', () => {
    expect(ratio(measured.totals.hello, 'instastart, warm', 'node -e 0', 'median')).toBeLessThanOrEqual(0.4)
  })

  test.each(['graph', 'heavy'] as const)('%s, warm by the command, takes at most 1.5 of hello', (name) => {
    const [it, hello] = [measured.totals[name]['instastart, warm'], measured.totals.hello['instastart, warm']] as [Summary, Summary]
    expect(ratio({ [name]: it, hello }, name, 'hello', 'median')).toBeLessThanOrEqual(1.5)
  })

  test('hello, thawed, takes at most 1.2 of bun\'s', () => {
    expect(ratio(measured.totals.hello, 'instastart, warm', 'bun', 'median')).toBeLessThanOrEqual(1.2)
  })

  test.each(['hello', 'graph', 'heavy'] as const)('%s, thawed, takes no longer than forked', (name) => {
    expect(ratio(measured.totals[name], 'instastart, warm', 'instastart, warm, forked', 'median')).toBeLessThanOrEqual(1)
  })

  test.each(['mid', 'heavy'] as const)('%s, warm by the command, is 5 times faster than every peer', (name) => {
    const peers = Object.keys(measured.totals[name]).filter((peer) => !/instastart|<empty>|-e 0/.test(peer))
    expect(peers.length).toBeGreaterThan(3)
    for (const peer of peers) expect(ratio(measured.totals[name], peer, 'instastart, warm', 'median'), peer).toBeGreaterThanOrEqual(5)
  })

  test('at the entry\'s first line a warm run has at most a tenth of a plain process\'s private memory', () => {
    expect(ratio(measured.memory, 'warm, at the entry\'s first line', 'plain, at the entry\'s first line', 'median')).toBeLessThanOrEqual(0.1)
  })

  test('from there on its private memory grows by at most a tenth more than a plain process\'s', () => {
    expect(ratio(measured.memory, 'warm, growth after it', 'plain, growth after it', 'median')).toBeLessThanOrEqual(1.1)
  })
})
