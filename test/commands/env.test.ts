// The line for a shell's profile, in the shells that are installed.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonOf, runCommand } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox, debugLine, distribution, isWarm } from '../support/sandbox.js'

const installed = (['bash', 'zsh', 'fish'] as const).filter((shell) => spawnSync(shell, ['-c', 'true']).status === 0)

describe.each(nodes)('instastart env, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.ts', 'import { word } from "./dependency.ts"\nenum Kind { Typed = 3 }\nconsole.log(word, Kind.Typed, process.execArgv.length)\n')
    sandbox.write('dependency.ts', 'export const word: string = "hello"\n')
  })
  afterEach(() => sandbox.dispose())

  const line = async (words: string[] = [], env: Record<string, string> = {}) => (await runCommand(sandbox, ['env', ...words], { env })).stdout
  const optionsAfter = async (shell: string, script: string, env: Record<string, string> = {}) =>
    (await runProgram(shell, ['-c', `${script}\nprintf %s "$NODE_OPTIONS"`], { cwd: sandbox.project, env: sandbox.env(env) })).stdout

  test.each(installed)('makes plain `node app.ts` warm in %s', async (shell) => {
    sandbox.write('profile', await line([`--shell=${shell}`]))
    const inShell = (script: string) => runProgram(shell, ['-c', `. ./profile\n${script}`], { cwd: sandbox.project, env: sandbox.env() })
    const first = await inShell('node app.ts')
    expect(first).toMatchObject({ stdout: 'hello 3 0\n', status: 0 })
    expect(debugLine(first)).toBe('plain run: absent')
    await sandbox.untilParked()
    const second = await inShell('node app.ts')
    expect(second).toMatchObject({ stdout: 'hello 3 0\n', status: 0 })
    expect(isWarm(second)).toBe(true)
    // Commands are Nodes, too: no zygote of one, and no word about it.
    const status = await inShell(`${path.join(distribution, 'instastart')} status --json`)
    expect(status).toMatchObject({ stderr: '', status: 0 })
    expect(sandbox.zygotes()).toHaveLength(1)
  })

  test.each(installed)('appends to what is there, once, and can be taken out again (%s)', async (shell) => {
    const { option } = await jsonOf(sandbox, ['env', `--shell=${shell}`]) as { option: string }
    const on = await line([`--shell=${shell}`])
    expect(await optionsAfter(shell, on)).toBe(option)
    expect(await optionsAfter(shell, on + on, { NODE_OPTIONS: '--no-warnings' })).toBe(`--no-warnings ${option}`)
    for (const before of ['', '--no-warnings --title="it\'s"']) {
      const now = await optionsAfter(shell, on, { NODE_OPTIONS: before })
      expect(await optionsAfter(shell, await line(['--off', `--shell=${shell}`], { NODE_OPTIONS: now }), { NODE_OPTIONS: now })).toBe(before)
    }
  })

  test('survives our removal', async () => {
    const copy = path.join(sandbox.directory, 'it\'s 100% gone $HOME #1')
    fs.cpSync(distribution, copy, { recursive: true })
    sandbox.distribution = copy
    const { option } = await jsonOf(sandbox, ['env']) as { option: string }
    const script = await line(['--shell=bash'])
    expect(await optionsAfter('bash', script)).toBe(option)
    const env = { NODE_OPTIONS: option }
    // Our dependencies are not in the copy.
    sandbox.write('plain.mjs', 'console.log("still here")\n')
    expect(debugLine(await sandbox.run('node', ['plain.mjs'], { env }))).toBe('plain run: absent')
    await sandbox.untilParked()
    expect(isWarm(await sandbox.run('node', ['plain.mjs'], { env }))).toBe(true)
    fs.rmSync(copy, { recursive: true })
    expect(await sandbox.run('node', ['plain.mjs'], { env })).toMatchObject({ stdout: 'still here\n', stderr: '', status: 0 })
  })

  test('is for the shell that SHELL names, else for bash', async () => {
    const shellFor = async (SHELL: string) => (await jsonOf(sandbox, ['env'], { env: { SHELL } }) as { shell: string }).shell
    expect(await shellFor('/usr/bin/fish')).toBe('fish')
    expect(await shellFor('/bin/zsh')).toBe('zsh')
    expect(await shellFor('/bin/dash')).toBe('bash')
    expect(await line(['--shell=fish'])).toMatch(/^string match .*; or set -gx NODE_OPTIONS /)
    expect(await line(['--shell=fish', '--off'], { NODE_OPTIONS: '' })).toBe('set -e NODE_OPTIONS\n')
    expect(await runCommand(sandbox, ['env', '--shell=cmd'])).toMatchObject({ status: 2, stdout: '' })
  })
})
