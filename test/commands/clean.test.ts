import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonOf, runCommand, statusOf } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, isWarm } from '../support/sandbox.js'

interface Cleaned {
  isDryRun: boolean
  removed: { what: string; files: number; bytes: number }[]
  bytes: number
}

describe.each(nodes)('instastart clean, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    for (const name of ['kept', 'killed', 'broken']) sandbox.write(`${name}.ts`, `import "./${name}-dependency.ts"\nconsole.log("${name}" as string)\n`)
    for (const name of ['kept', 'killed']) sandbox.write(`${name}-dependency.ts`, 'export const flag = process.argv.includes("--flag")\n')
    sandbox.write('broken-dependency.ts', 'throw new Error("broken")\n')
  })
  afterEach(() => sandbox.dispose())

  /** But for the places of those that are being made, which are for good. */
  const runtimeFiles = () => fs.readdirSync(path.join(sandbox.runtime, 'instastart')).filter((name) => !name.startsWith('slot-')).sort()

  test('removes what ended zygotes have left and the caches, and nothing of one that is there', async () => {
    await sandbox.warmUp('client', ['killed.ts'])
    await sandbox.killZygotes('SIGKILL')
    await sandbox.run('client', ['broken.ts'])
    await sandbox.untilSettled()
    const leftovers = runtimeFiles()
    fs.writeFileSync(path.join(sandbox.runtime, 'instastart/bind-999999999'), '')
    await runCommand(sandbox, ['warm', 'kept.ts'])
    const kept = runtimeFiles().filter((name) => !leftovers.includes(name) && !name.startsWith('bind-'))
    expect(kept.length).toBeGreaterThan(1)

    const rehearsed = await jsonOf(sandbox, ['clean', '--dry-run']) as Cleaned
    expect(runtimeFiles()).toHaveLength(leftovers.length + kept.length + 1)
    const cleaned = await jsonOf(sandbox, ['clean']) as Cleaned
    expect(cleaned).toEqual({ ...rehearsed, isDryRun: false })
    expect(cleaned.bytes).toBeGreaterThan(500)
    const [zygotes, programs, caches] = cleaned.removed.map(({ files }) => files)
    expect((zygotes ?? 0) + (programs ?? 0)).toBe(leftovers.length + 1)
    expect(caches).toBeGreaterThan(4)
    expect(runtimeFiles()).toEqual(kept)
    expect(fs.existsSync(path.join(sandbox.cache, 'instastart/transform'))).toBe(false)

    expect(await statusOf(sandbox)).toMatchObject([{ state: 'warm' }])
    expect(isWarm(await sandbox.run('client', ['kept.ts']))).toBe(true)
    expect((await runCommand(sandbox, ['clean'])).stdout).toMatch(/\n0 B removed\n$/)
    // A program that was cleaned starts anew.
    await sandbox.warmUp('client', ['killed.ts'])
    expect(isWarm(await sandbox.run('client', ['killed.ts']))).toBe(true)
  })

  test('has nothing to do where nothing has been run', async () => {
    expect(await jsonOf(sandbox, ['clean'])).toMatchObject({ bytes: 0 })
  })
})
