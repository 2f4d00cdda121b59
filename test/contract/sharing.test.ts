// Runs at the same time share their zygote's image: what all of them take is less than they would by themselves.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, type Way } from '../support/sandbox.js'

// With fewer the one image alone would be a fourth.
const count = scaled(50, 12)

/** Loads some 150 MB, tells so, and stays until its stdin ends. */
const program = path.resolve(import.meta.dirname, '../bench/project/memory.mjs')

const proportionalKB = (pid: number) => Number(/^Pss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])

describe.each(nodes)('on Node $version', (node) => {
  test(`${count} runs at a time take at most a quarter of the memory of ${count} plain ones`, async () => {
    await using sandbox = new Sandbox(node, undefined, 'thaw')
    await sandbox.warmUp('client', [program], { stdin: '' })
    const together = async (way: Way) => {
      const runs = Array.from({ length: count }, () => sandbox.start(way, [program], { stdio: ['pipe', 'pipe', 'pipe'], timeoutMs: 300_000 }))
      await Promise.all(runs.map(({ hasPrinted }) => hasPrinted('kept')))
      const sum = runs.reduce((kB, { child }) => kB + proportionalKB(child.pid ?? NaN), 0)
      for (const { child } of runs) child.stdin?.end()
      return { sum, outcomes: await Promise.all(runs.map(({ ended }) => ended)) }
    }
    const warm = await together('client')
    for (const outcome of warm.outcomes) expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
    const plain = await together('node')
    recordFigure({ node: node.version, what: `${count} at a time, warm / plain`, value: `${(warm.sum / 1024).toFixed(0)} MB / ${(plain.sum / 1024).toFixed(0)} MB = ${(warm.sum / plain.sum).toFixed(3)}` })
    expect(warm.sum / plain.sum).toBeLessThanOrEqual(0.25)
  }, 600_000)
})
