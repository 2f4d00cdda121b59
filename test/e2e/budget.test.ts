// How many zygotes of a user there are, and how much memory they take together.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { budgetOf, statusOf, whyOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, isWarm, plainReason } from '../support/sandbox.js'
import { standbysOf } from '../support/zygotes.js'

const MEGABYTE = 2 ** 20

/** Far more than what differs between two moments, such as pages of Node's file that other processes share. Once more in the image. */
const BALLAST = 48 * MEGABYTE

/** PSS (proc_pid_smaps(5)), in bytes. */
const partOf = (pid: number): number => 1024 * Number(/^Pss: +(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1])

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    for (const name of ['a', 'b', 'c']) {
      sandbox.write(`${name}.mjs`, `import './${name}-dependency.mjs'\nconsole.log('${name}')\n`)
      sandbox.write(`${name}-dependency.mjs`, '')
    }
  })
  afterEach(() => sandbox.dispose())

  const run = async (name: string, env: Record<string, string> = {}) => {
    const outcome = await sandbox.run('client', [`${name}.mjs`], { env })
    expect(outcome).toMatchObject({ status: 0, stdout: `${name}\n` })
    await sandbox.untilSettled()
    return outcome
  }
  const parked = () => sandbox.parked().map(({ entry }) => path.basename(entry, '.mjs')).sort()
  const untilParked = (...names: string[]) => until(`zygotes of ${names.join(', ')}`, () => parked().join() === names.join())
  const reasonOf = async (name: string) => (await statusOf(sandbox)).find(({ entry }) => entry.endsWith(`${name}.mjs`))?.reason
  /** When so many have their images, and so take what they will take. */
  const untilWhole = (count: number) => until(`${count} images`, async () => (await statusOf(sandbox)).filter(({ engine }) => engine === 'thaw').length === count)

  test('no more than INSTASTART_ZYGOTES: the one that nobody has needed for longest makes room', async () => {
    const env = { INSTASTART_ZYGOTES: '2' }
    for (const name of ['a', 'b']) await run(name, env)
    expect(isWarm(await run('a'))).toBe(true)
    await run('c', env)
    await untilParked('a', 'c')
    expect(await reasonOf('b')).toBe('stopped')
    expect(plainReason(await run('b', env))).toBe('absent')
    await untilParked('b', 'c')
    for (const name of ['b', 'c']) expect(isWarm(await run(name, env)), name).toBe(true)
  })

  test('no more than INSTASTART_MEMORY, by what /proc tells', async () => {
    sandbox.engine = 'any'
    for (const name of ['a', 'b', 'c']) sandbox.write(`${name}-dependency.mjs`, `globalThis.ballast = Buffer.alloc(${BALLAST}, 1)\n`)
    for (const name of ['a', 'b']) await run(name)
    await untilWhole(2)
    const { usedBytes, budget } = await budgetOf(sandbox)
    const pids = [...sandbox.zygotes(), ...standbysOf(sandbox.runtime)].map(({ pid }) => pid)
    const images = (await statusOf(sandbox)).reduce((total, { imageBytes }) => total + (imageBytes ?? 0), 0)
    expect(images).toBeGreaterThan(2 * BALLAST)
    expect(Math.abs(pids.reduce((total, pid) => total + partOf(pid), images) - usedBytes)).toBeLessThan(BALLAST)
    expect(budget.bytes).toBeGreaterThan(usedBytes)

    const env = { INSTASTART_MEMORY: String(usedBytes + BALLAST) }
    await run('c', env)
    await untilParked('b', 'c')
    expect(await reasonOf('a')).toBe('stopped')
    const after = await budgetOf(sandbox, { env })
    expect(after.budget.bytes).toBe(Number(env.INSTASTART_MEMORY))
    expect(after.usedBytes).toBeLessThanOrEqual(after.budget.bytes)
  })

  test('one that alone would take more is given up, until a file changes', async () => {
    const env = { INSTASTART_MEMORY: '8M' }
    await run('a', env)
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'plain', reason: expect.stringMatching(/^over-budget: \d+ MB of 8 MB$/) as string }])
    expect((await whyOf(sandbox, ['a.mjs'])).next).toMatchObject({ verdict: 'plain', means: expect.stringContaining('more memory') as string })
    const failuresOfA = () => sandbox.manifests()[0]?.failures
    await run('a', env)
    expect(failuresOfA()).toBe(1)
    sandbox.write('a-dependency.mjs', '// changed\n')
    await run('a', env)
    expect(failuresOfA()).toBeGreaterThan(1)
    sandbox.write('a-dependency.mjs', '// changed again\n')
    await run('a')
    // The setting is no question of the programs: whoever has another finds the same zygotes.
    expect(isWarm(await run('a', env))).toBe(true)
  })
})

describe.each(nodes.slice(-1))('by the environment, on Node $version', (node) => {
  test('the budget is what is an amount, else a quarter of the memory and 32', async () => {
    await using sandbox = new Sandbox(node)
    const by = async (memory: string, zygotes: string) => {
      const env = { INSTASTART_MEMORY: memory, INSTASTART_ZYGOTES: zygotes }
      return (await budgetOf(sandbox, { env })).budget
    }
    const byDefault = await by('', '')
    expect(byDefault.zygotes).toBe(32)
    const total = 1024 * Number(/^MemTotal: +(\d+)/m.exec(fs.readFileSync('/proc/meminfo', 'latin1'))?.[1])
    expect(byDefault.bytes).toBeGreaterThan(0)
    expect(byDefault.bytes).toBeLessThanOrEqual(total / 4)
    expect(await by('500M', '3')).toEqual({ bytes: 500 * MEGABYTE, zygotes: 3 })
    expect(await by('2g', '1')).toEqual({ bytes: 2048 * MEGABYTE, zygotes: 1 })
    expect(await by('123456', '0')).toEqual({ bytes: 123456, zygotes: 32 })
    const nonsense = ['much', '-1', '1 G', '1GB', '99999999999999999999', '99999999999T']
    for (const memory of nonsense) expect(await by(memory, 'many'), memory).toEqual(byDefault)
  })
})
