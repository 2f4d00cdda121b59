// Command-line tools that people have, as npm run parity shows them, against what was promised. In full only: it installs them, and takes its time.
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { isContract, npmSettings, recordFigure } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox } from '../support/sandbox.js'

const root = path.resolve(import.meta.dirname, '../..')

interface Measured {
  tool: string
  args: string[]
  situations: { situation: string; verdict: string; isWarm: boolean; reason: string | null }[]
  plainMs?: number
  warmMs?: number
  reason?: string
}

/** The others are programs that use the parsers of arguments that most have. */
const named = ['tsc', 'eslint', 'prettier', 'webpack', 'rollup', 'mocha', 'jest', 'vitest', 'tailwindcss', 'sass', 'terser', 'stylelint']

describe.runIf(isContract).each(nodes)('on Node $version', (node) => {
  let measured: Measured[]

  beforeAll(async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    const file = path.join(sandbox.directory, 'parity.json')
    const outcome = await runProgram(process.execPath, [path.join(root, 'test/parity/run.js'), '--node', String(node.major), '--json', file], {
      cwd: root, env: { PATH: process.env.PATH ?? '', ...npmSettings() }, timeoutMs: 3_000_000,
    })
    expect(outcome.signal, outcome.stderr).toBeNull()
    measured = JSON.parse(fs.readFileSync(file, 'utf8')) as Measured[]
  }, 3_100_000)

  const ratio = ({ plainMs = NaN, warmMs = NaN }: Measured) => plainMs / warmMs

  test('every tool does what it does in plain Node, in every situation, and each plain run has a reason', () => {
    const all = measured.flatMap(({ tool, args, situations }) => situations.map((each) => ({ tool, args, ...each })))
    recordFigure({ node: node.version, what: 'situations', value: `${all.length}, ${all.filter(({ isWarm }) => isWarm).length} warm` })
    expect(all.filter(({ verdict }) => verdict === 'different')).toEqual([])
    expect(all.filter(({ isWarm, reason }) => !isWarm && !reason)).toEqual([])
  })

  test('at least 8 of 12 tools do each of three things 3 times sooner or better, and none is slower', () => {
    for (const each of measured) recordFigure({ node: node.version, what: `${each.tool} ${each.args.join(' ')}`, value: each.reason ?? `${each.plainMs?.toFixed(0)} / ${each.warmMs?.toFixed(0)} ms = ${ratio(each).toFixed(1)}` })
    const sooner = named.filter((tool) => measured.filter((each) => each.tool === tool).every((each) => ratio(each) >= 3))
    expect(measured.filter((each) => ratio(each) < 0.97)).toEqual([])
    expect(sooner.length, sooner.join(' ')).toBeGreaterThanOrEqual(8)
  })
})
