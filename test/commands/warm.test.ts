import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonOf, runCommand, statusOf } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, isWarm, warmWays } from '../support/sandbox.js'

describe.each(nodes)('instastart warm, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.ts', 'import { answer } from "./dependency.ts"\nimport fs from "node:fs"\nfs.writeFileSync("body", "")\nconsole.log(answer as number, process.argv[2])\n')
    sandbox.write('dependency.ts', 'export const answer = 42\n')
  })
  afterEach(() => sandbox.dispose())

  test.each(warmWays)('makes the first run warm (%s), and does not run the program', async (way) => {
    const outcome = await runCommand(sandbox, ['warm', 'app.ts'])
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/app\.ts is warm \(pid \d+\), by (thaw, from \d+ MB|fork), after [\d.]+ s\n$/)
    expect(() => sandbox.read('body')).toThrow()
    const run = await sandbox.run(way, ['app.ts', 'argument'])
    expect(run).toMatchObject({ stdout: '42 argument\n', status: 0 })
    expect(isWarm(run)).toBe(true)
    expect(sandbox.zygotes()).toHaveLength(1)
  })

  test('leaves a zygote alone that is there, and replaces one that is stale or stopped', async () => {
    const pid = async () => (await jsonOf(sandbox, ['warm', 'app.ts']) as { pid: number; state: string }).pid
    const first = await pid()
    expect(await pid()).toBe(first)
    sandbox.write('dependency.ts', 'export const answer = 43\n')
    const second = await pid()
    expect(second).not.toBe(first)
    process.kill(second, 'SIGSTOP')
    const third = await pid()
    expect(third).not.toBe(second)
    expect(await statusOf(sandbox)).toMatchObject([{ pid: third, state: 'warm' }])
    expect(await sandbox.run('client', ['app.ts'])).toMatchObject({ stdout: '43 undefined\n' })
  })

  test('is for those options of Node\'s and arguments', async () => {
    sandbox.write('dependency.ts', 'export const answer = process.argv.includes("--loud") ? 1 : 2\n')
    expect(await runCommand(sandbox, ['warm', 'app.ts'])).toMatchObject({ status: 0 })
    expect(await runCommand(sandbox, ['warm', 'app.ts', '--loud'])).toMatchObject({ status: 0 })
    expect(await runCommand(sandbox, ['warm', '--stack-size=2000', 'app.ts'])).toMatchObject({ status: 0 })
    const runs = [['app.ts'], ['app.ts', '--loud'], ['--stack-size=2000', 'app.ts']]
    for (const words of runs) expect(isWarm(await sandbox.run('client', words)), words.join(' ')).toBe(true)
    expect(sandbox.zygotes()).toHaveLength(3)
  })

  test('fails with the reason where the program cannot be kept warm', async () => {
    sandbox.write('dependency.ts', 'setInterval(() => undefined, 1e6)\nexport const answer = 1\n')
    const outcome = await runCommand(sandbox, ['warm', 'app.ts'])
    expect(outcome).toMatchObject({ status: 1 })
    expect(outcome.stdout).toMatch(/stays plain: open-handle: timer\n.*\n?.*What helps/s)
    const off = await runCommand(sandbox, ['warm', 'app.ts'], { env: { INSTASTART: '0' } })
    expect(off).toMatchObject({ status: 1, stdout: '' })
    expect(off.stderr).toMatch(/^instastart: INSTASTART_PLAIN: runs are plain here: INSTASTART=0\n/)
    expect(await runCommand(sandbox, ['warm', './nosuch.ts'])).toMatchObject({ status: 1, stderr: 'instastart: INSTASTART_NO_PROGRAM: there is no file ./nosuch.ts\n' })
    expect(sandbox.processes()).toEqual([])
  })
})
