// Much data through a run, from one pipe to another.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isContract, recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { randomBy } from '../support/random.js'
import { Sandbox, engines, type Engine, type Way } from '../support/sandbox.js'
import { plainReasonsOf } from '../support/zygotes.js'

const megabytes = scaled(1024, 32), piece = 32
const rounds = 7

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node, 'scenarios')
    const random = randomBy(1), bytes = new Uint32Array(piece * 2 ** 18)
    for (let i = 0; i < bytes.length; i++) bytes[i] = random(2 ** 32)
    fs.writeFileSync(path.join(sandbox.project, 'data'), bytes)
    for (const engine of engines) {
      sandbox.engine = engine
      await sandbox.warmUp('client', ['app.mjs', 'nothing'])
    }
  })
  afterAll(() => sandbox.dispose())

  /** Milliseconds that it took, and what the other end has printed. */
  const through = async (way: Way, engine: Engine, sink: string) => {
    sandbox.engine = engine
    const source = `cat${' data'.repeat(megabytes / piece)}`
    const script = `${source} | ${sandbox.command(way, ['app.mjs', 'copy']).join(' ')} | ${sink}`
    const { stdout, status, ms } = await runProgram('/bin/sh', ['-c', script], { cwd: sandbox.project, env: sandbox.env({ INSTASTART_DEBUG: '' }), timeoutMs: 120_000 })
    expect(status).toBe(0)
    return { ms, stdout }
  }

  test.each(engines)(`${megabytes} MB through a run, by %s: byte for byte`, { timeout: 300_000 }, async (engine) => {
    const plain = await through('node', engine, 'cksum')
    const reasons = plainReasonsOf(sandbox.runtime)
    expect((await through('client', engine, 'cksum')).stdout).toBe(plain.stdout)
    expect(plainReasonsOf(sandbox.runtime)).toEqual(reasons)
  })

  // Each in turn, and the least disturbed of each.
  test.runIf(isContract).each(engines)(`${megabytes} MB through a run, by %s: at 0.97 of plain Node's rate, or better`, { timeout: 1_200_000 }, async (engine) => {
    let plain = Infinity, warm = Infinity
    for (let i = 0; i < rounds; i++) {
      plain = Math.min(plain, (await through('node', engine, 'cat > /dev/null')).ms)
      warm = Math.min(warm, (await through('client', engine, 'cat > /dev/null')).ms)
    }
    recordFigure({ node: node.version, what: `${megabytes} MB through a run, by ${engine}`, value: `${warm.toFixed(0)} ms, plain ${plain.toFixed(0)} ms: rate ${(plain / warm).toFixed(3)}` })
    expect(plain / warm).toBeGreaterThanOrEqual(0.97)
  })
})
