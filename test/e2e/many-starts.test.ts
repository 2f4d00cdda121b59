// Many programs that are run for the first time at once: no more than two zygotes are made at the same time.
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkOf, jsonOf, runCommand, statusOf, whyOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, isWarm, plainReason } from '../support/sandbox.js'

/** Long enough to be stopped meanwhile, in a zygote only. */
const computesLong = 'const end = performance.now() + (/^instastart zygote/.test(process.getBuiltinModule("fs").readFileSync("/proc/self/cmdline")) ? 700 : 0)\nwhile (performance.now() < end);\n'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
  })
  afterEach(() => sandbox.dispose())

  const write = (name: string, dependency: string) => {
    sandbox.write(`${name}-dependency.mjs`, dependency)
    sandbox.write(`${name}.mjs`, `import './${name}-dependency.mjs'\nconsole.log('${name}')\n`)
  }
  const run = async (name: string) => {
    const outcome = await sandbox.run('client', [`${name}.mjs`])
    expect(outcome).toMatchObject({ status: 0, stdout: `${name}\n` })
    return outcome
  }
  const manifestOf = (name: string) => sandbox.manifests().find(({ entry }) => path.basename(entry) === `${name}.mjs`)
  const isWarming = (name: string) => manifestOf(name)?.state === 'warming' && manifestOf(name)?.pid !== undefined
  const parked = () => sandbox.parked().map(({ entry }) => path.basename(entry, '.mjs')).sort()

  /** Two zygotes that are stopped while they are being made, and so keep their places for as long as it takes. */
  const takePlaces = async () => {
    const pids: number[] = []
    for (const name of ['slow1', 'slow2']) {
      write(name, computesLong)
      await run(name)
      await until(`the zygote of ${name}`, () => isWarming(name))
      const pid = manifestOf(name)?.pid ?? NaN
      process.kill(pid, 'SIGSTOP')
      pids.push(pid)
      expect(isWarming(name), 'stopped in time').toBe(true)
    }
    return pids
  }
  const release = (pids: number[]) => {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }

  test('a zygote for which there is no place is made at a later run', async () => {
    write('third', '')
    const slow = await takePlaces()
    expect(plainReason(await run('third'))).toBe('absent')
    expect(manifestOf('third')).toMatchObject({ state: 'given-up', reason: 'busy', failures: 0 })
    expect((await statusOf(sandbox)).find(({ entry }) => entry.endsWith('third.mjs'))).toMatchObject({ state: 'plain', reason: 'busy', pid: null })
    expect((await whyOf(sandbox, ['third.mjs'])).next).toMatchObject({ verdict: 'plain', reason: 'busy' })
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'ok' })
    await run('third')
    expect(manifestOf('third')).toMatchObject({ reason: 'busy', failures: 0 })

    release(slow)
    await sandbox.untilParked(2)
    await run('third')
    await sandbox.untilParked(3)
    expect(isWarm(await run('third'))).toBe(true)
  })

  test('`instastart warm` waits for a place, and whoever is killed gives one back', async () => {
    write('third', '')
    await takePlaces()
    const warming = jsonOf(sandbox, ['warm', 'third.mjs'])
    await until('that it waits', () => manifestOf('third')?.reason === 'busy')
    await sandbox.killZygotes('SIGKILL')
    expect(await warming).toMatchObject({ state: 'warm' })
    expect(isWarm(await run('third'))).toBe(true)
    await runCommand(sandbox, ['clean'])
  })

  test('at no time are more than two made, and in the end all are', async () => {
    const names = Array.from({ length: 4 }, (_, i) => `program${i}`)
    for (const name of names) write(name, computesLong.replace('700', '150'))
    let most = 0
    const look = () => {
      most = Math.max(most, sandbox.zygotes().length - sandbox.parked().length)
      return most
    }
    const missing = () => names.filter((name) => !parked().includes(name))
    for (let round = 0; missing().length > 0; round++) {
      expect(round).toBeLessThan(names.length)
      let areOver = false
      const runs = Promise.all(missing().map(run)).finally(() => {
        areOver = true
      })
      await until('the end of the runs, and of what they have made', () => look() > 2 || (areOver && sandbox.manifests().every(({ state }) => state !== 'warming')))
      await runs
      await sandbox.untilSettled()
    }
    expect(most).toBeLessThanOrEqual(2)
    expect(most).toBeGreaterThan(0)
    expect((await Promise.all(names.map(run))).map(isWarm)).toEqual(names.map(() => true))
  })
})
