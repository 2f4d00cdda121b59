// What stays within bounds, however many programs and runs there are.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { budgetOf, statusOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { randomBy } from '../support/random.js'
import { Sandbox, isWarm } from '../support/sandbox.js'
import { basesOf, descriptorsOf, isWeighing, standbysOf } from '../support/zygotes.js'

const MEGABYTE = 2 ** 20

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    return '' // The process ended meanwhile.
  }
}

/** A figure of smaps_rollup (proc_pid_smaps(5)), in bytes. */
const memoryOf = (pid: number, figure: 'Pss' | 'Anonymous'): number => 1024 * Number(new RegExp(`^${figure}: +(\\d+)`, 'm').exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)

/** What the images in memory take: each is a file that its zygote has open. */
const imagesOf = (pid: number): number => {
  let bytes = 0
  for (const fd of fs.existsSync(`/proc/${pid}/fd`) ? fs.readdirSync(`/proc/${pid}/fd`) : []) {
    const info = fs.statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })
    const name = info?.isFile() ? fs.readlinkSync(`/proc/${pid}/fd/${fd}`) : ''
    if (info && name.startsWith('/memfd:')) bytes += 512 * info.blocks
  }
  return bytes
}

const untilImages = (sandbox: Sandbox) =>
  until('images of all', async () => (await statusOf(sandbox)).every(({ state, engine }) => state !== 'warm' || engine === 'thaw'))

test(`${scaled(200, 8)} programs in a row, on all majors: never over the budget by more than one zygote, and status agrees with /proc`, { timeout: 3_600_000 }, async () => {
  const sandbox = new Sandbox(nodes[0]!, undefined, 'any')
  const budget = scaled(500, 250) * MEGABYTE
  const env = { INSTASTART_MEMORY: String(budget) }
  const random = randomBy(1)
  const taken = () => {
    const pids = sandbox.processes().filter(({ title }) => /^instastart (zygote|base|standby) /.test(title)).map(({ pid }) => pid)
    const each = pids.map((pid) => memoryOf(pid, 'Pss') + imagesOf(pid))
    return { all: each.reduce((sum, bytes) => sum + bytes, 0), largest: Math.max(...each) }
  }
  let most = 0, worst = 0, furthest = 0
  try {
    for (let i = 0; i < scaled(200, 8); i++) {
      const node = nodes[i % nodes.length]!
      const ballast = random(40)
      sandbox.write(`dependency-${i}.mjs`, `globalThis.ballast = Buffer.alloc(${ballast * MEGABYTE}, 1)\n`)
      sandbox.write(`app-${i}.mjs`, `import './dependency-${i}.mjs'\nconsole.log(${i})\n`)
      const PATH = `${path.dirname(node.execPath)}:/usr/bin:/bin`
      expect(await sandbox.run('client', [`app-${i}.mjs`], { env: { ...env, PATH } })).toMatchObject({ stdout: `${i}\n`, status: 0 })
      await sandbox.untilSettled()
      const { all, largest } = taken()
      most = Math.max(most, all)
      worst = Math.max(worst, (all - budget) / largest)
      if (i % scaled(20, 4) > 0) continue
      await untilImages(sandbox)
      const { usedBytes } = await budgetOf(sandbox, { env })
      furthest = Math.max(furthest, Math.abs(usedBytes - taken().all))
    }
    recordFigure({ node: '', what: 'programs in a row: most memory of all zygotes', value: `${(most / MEGABYTE).toFixed(0)} MB of ${budget / MEGABYTE} MB` })
    recordFigure({ node: '', what: 'furthest that status was from /proc', value: `${(furthest / MEGABYTE).toFixed(0)} MB` })
    expect(worst, 'zygotes above the budget').toBeLessThanOrEqual(1)
    // Between two moments the pages of Node's file that other processes share differ, those of the command itself among them.
    expect(furthest).toBeLessThan(48 * MEGABYTE)
  } finally {
    await sandbox.untilSettled()
    await sandbox.dispose()
  }
})

const entries = (folder: string): number => (fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true }).length : 0)

describe.each(nodes)('on Node $version', (node) => {
  const runs = scaled(2500, 60), edits = scaled(100, 4)

  test(`${runs} runs and ${edits} edits: descriptors, watches, memory and files stay within bounds`, { timeout: 3_600_000 }, async () => {
    const sandbox = new Sandbox(node, undefined, 'any')
    sandbox.write('package.json', '{ "type": "module" }')
    sandbox.write('node_modules/package/package.json', '{ "name": "package", "type": "module", "exports": "./index.js" }')
    sandbox.write('node_modules/package/index.js', 'export default 6\n')
    sandbox.write('app.ts', 'import six from \'package\'\nimport { seven } from \'./own.ts\'\nconsole.log(six * seven)\n')
    const edit = (i: number) => sandbox.write('own.ts', `export const seven: number = 7 // ${i}\n`)
    edit(0)
    const run = async () => {
      const outcome = await sandbox.run('client', ['app.ts'])
      expect(outcome).toMatchObject({ stdout: '42\n', status: 0 })
      return isWarm(outcome)
    }
    const several = async (count: number) => {
      let left = count, warm = 0
      const worker = async () => {
        while (left-- > 0) if (await run()) warm++
      }
      await Promise.all(Array.from({ length: 4 }, worker))
      return warm
    }
    const keepers = () => [...basesOf(sandbox.runtime), ...sandbox.zygotes()].map(({ pid }) => pid)
    const sizes = () => keepers().map((pid) => ({
      descriptors: descriptorsOf(pid).length,
      watches: fs.readdirSync(`/proc/${pid}/fdinfo`).reduce((sum, fd) => sum + (read(`/proc/${pid}/fdinfo/${fd}`).match(/^inotify /gm)?.length ?? 0), 0),
      kB: memoryOf(pid, 'Anonymous') / 1024,
    }))
    const files = () => ({ runtime: entries(path.join(sandbox.runtime, 'instastart')), cache: entries(sandbox.cache) })
    const atRest = async () => {
      await sandbox.untilSettled()
      await untilImages(sandbox)
      await until('nothing but the base, the zygote and its standby', () =>
        sandbox.processes().length === keepers().length + standbysOf(sandbox.runtime).length && !keepers().some(isWeighing))
    }

    try {
      for (let i = 1; i < 4; i++) {
        await several(8)
        await atRest()
        edit(i)
      }
      await several(8)
      await atRest()
      const before = { sizes: sizes(), files: files() }
      let warm = 0
      for (let i = 0; i < edits; i++) {
        edit(1000 + i)
        warm += await several(runs / edits)
      }
      await atRest()
      const after = { sizes: sizes(), files: files() }
      recordFigure({ node: node.version, what: `${runs} runs and ${edits} edits`, value: `${warm} warm; ${JSON.stringify(before)}, then ${JSON.stringify(after)}` })
      expect(after.sizes).toHaveLength(before.sizes.length)
      const total = (of: 'descriptors' | 'watches' | 'kB', all: typeof before) => all.sizes.reduce((sum, each) => sum + each[of], 0)
      expect(total('descriptors', after)).toBeLessThanOrEqual(total('descriptors', before))
      expect(total('watches', after)).toBeLessThanOrEqual(total('watches', before))
      expect(total('kB', after)).toBeLessThan(1.1 * total('kB', before) + 2000)
      expect(after.files.runtime).toBeLessThanOrEqual(before.files.runtime)
      // Each edit is another text; with the folder that its translation is in.
      expect(after.files.cache).toBeLessThanOrEqual(before.files.cache + 2 * edits)
      expect(warm).toBeGreaterThan(0.9 * runs)
    } finally {
      await sandbox.dispose()
    }
  })
})
