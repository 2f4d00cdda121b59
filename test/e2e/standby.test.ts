// The run that is forked in advance: it serves the next client, and never outlives its zygote.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { everyNode } from '../support/nodes.js'
import { Sandbox, debugLine, isWarm, plainReason } from '../support/sandbox.js'
import { standbysOf, stateOf } from '../support/zygotes.js'

const program = `import { helper } from './helper.mjs'
console.log(JSON.stringify({ pid: process.pid, random: Math.random(), title: process.title, helper }))
`

describe.each(everyNode)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = new Sandbox(node, undefined, 'fork')
    sandbox.write('app.mjs', program)
    sandbox.write('helper.mjs', 'export const helper = 1\n')
    await sandbox.warmUp('client', ['app.mjs'])
  })
  afterEach(() => sandbox.dispose())

  const run = () => sandbox.run('client', ['app.mjs'])
  const zygote = () => sandbox.zygotes()[0]?.pid ?? NaN
  const standby = async (): Promise<number> => {
    await until('a standby', () => standbysOf(sandbox.runtime).length === 1)
    return standbysOf(sandbox.runtime)[0]?.pid ?? NaN
  }
  const noStandby = () => until('no standby', () => standbysOf(sandbox.runtime).length === 0)

  test('the next run is the standby, and another one waits for the run after it', async () => {
    const randoms = new Set<number>()
    for (let i = 0; i < 5; i++) {
      const pid = await standby()
      const outcome = await run()
      expect(debugLine(outcome)).toMatch(/^warm run/)
      const seen = JSON.parse(outcome.stdout) as { pid: number; random: number; title: string }
      expect(seen).toMatchObject({ pid, title: 'node', helper: 1 })
      randoms.add(seen.random)
    }
    expect(randoms.size).toBe(5)
  })

  test('runs at the same time are all warm, and all their own', async () => {
    await standby()
    const outcomes = await Promise.all(Array.from({ length: 12 }, run))
    expect(outcomes.filter(isWarm)).toHaveLength(12)
    const seen = outcomes.map(({ stdout }) => JSON.parse(stdout) as { pid: number; random: number })
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(12)
    expect(new Set(seen.map(({ random }) => random)).size).toBe(12)
  })

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('one that is ended by %s is not missed, nor made again', async (signal) => {
    const before = zygote()
    process.kill(await standby(), signal)
    await noStandby()
    expect(isWarm(await run())).toBe(true)
    expect(zygote()).toBe(before)
    expect(standbysOf(sandbox.runtime)).toEqual([])
  })

  test('one that is stopped is not waited for', async () => {
    const stopped = await standby()
    process.kill(stopped, 'SIGSTOP')
    await until('it has stopped', () => !['R', 'S'].includes(stateOf(stopped)))
    const outcome = await run()
    expect(isWarm(outcome), outcome.stderr).toBe(true)
    expect(standbysOf(sandbox.runtime).map(({ pid }) => pid)).not.toContain(stopped)
  })

  test('it ends with its zygote, however that ends', async () => {
    await standby()
    await sandbox.killZygotes('SIGKILL')
    await noStandby()
    // Somebody clears away the socket of the one that was killed.
    await sandbox.warmUp('client', ['app.mjs'])
    await standby()
    await sandbox.killZygotes('SIGTERM')
    await noStandby()
  })

  test('it does not outlive its freshness', async () => {
    await standby()
    sandbox.write('helper.mjs', 'export const helper = 22\n')
    const outcome = await run()
    expect(plainReason(outcome)).toBe('stale')
    expect(JSON.parse(outcome.stdout)).toMatchObject({ helper: 22 })
    await sandbox.untilParked()
    const pid = await standby()
    expect(JSON.parse((await run()).stdout)).toMatchObject({ pid, helper: 22 })
  })
})
