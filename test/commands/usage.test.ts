// What all commands have in common.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checksOf, runCommand } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox, distribution } from '../support/sandbox.js'

const names = ['status', 'why', 'warm', 'stop', 'logs', 'clean', 'doctor', 'env', 'prove']

describe.each(nodes)('commands, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', 'console.log("hello")\n')
    await sandbox.warmUp('client', ['app.mjs'])
  })
  afterAll(() => sandbox.dispose())

  /** With a terminal for its output. */
  const inTerminal = (words: string[], env: Record<string, string> = {}) =>
    runProgram('script', ['-qec', [path.join(distribution, 'instastart'), ...words].join(' '), '/dev/null'], { cwd: sandbox.project, env: sandbox.env({ TERM: 'xterm', ...env }) })

  test('are listed by --help, each with a line', async () => {
    const { stdout, status } = await runCommand(sandbox, ['--help'])
    expect(status).toBe(0)
    expect([...stdout.matchAll(/^ {2}(\w+) +\S/gm)].map(([, name]) => name).sort()).toEqual([...names].sort())
    expect((await runCommand(sandbox, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test.each(['status', 'why app.mjs', 'doctor', '--help'])('%s has nothing to say of a reader who is gone', async (words) => {
    const script = `{ "$0" ${words}; echo "status $?" >&2; } | true`
    const outcome = await runProgram('/bin/sh', ['-c', script, path.join(distribution, 'instastart')], { cwd: sandbox.project, env: sandbox.env() })
    expect(outcome.stderr).toMatch(/^status [01]\n$/)
  })

  test.each(names)('%s has --help, and refuses what it does not know', async (name) => {
    const help = await runCommand(sandbox, [name, '--help'])
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toMatch(new RegExp(`^Usage: instastart ${name} \\[--json\\].*\n.*\n\n(  --[\\w=-]+ +\\S.*\n)+$`))
    const usage = help.stdout.split('\n', 1)[0] ?? ''
    expect(await runCommand(sandbox, [name, '--no-such-option'])).toMatchObject({
      status: 2, stdout: '', stderr: `instastart: INSTASTART_USAGE: Unknown option '--no-such-option'\n${usage}\n`,
    })
    const asJson = await runCommand(sandbox, [name, '--json', '--no-such-option'])
    expect(JSON.parse(asJson.stderr)).toEqual({ error: { code: 'INSTASTART_USAGE', message: 'Unknown option \'--no-such-option\'' } })
  })

  test('that need a program say so', async () => {
    for (const name of ['why', 'warm', 'stop']) expect(await runCommand(sandbox, [name]), name).toMatchObject({ status: 2, stdout: '' })
    expect(await runCommand(sandbox, ['nosuch'])).toMatchObject({ status: 2, stdout: '' })
    expect((await runCommand(sandbox, ['nosuch'])).stderr).toMatch(/^instastart: INSTASTART_USAGE: there is no command 'nosuch'\..*\nUsage: /)
  })

  test.each(['status', 'doctor', 'why app.mjs'])('%s has colours on a terminal only, and only if they are wanted', async (words) => {
    const coloured = /\u001b\[\d+m/
    expect((await inTerminal(words.split(' '))).stdout).toMatch(coloured)
    expect((await inTerminal(words.split(' '), { NO_COLOR: '1' })).stdout).not.toMatch(coloured)
    expect((await inTerminal(words.split(' '), { TERM: 'dumb' })).stdout).not.toMatch(coloured)
    expect((await runCommand(sandbox, words.split(' '))).stdout).not.toMatch(coloured)
  })

  test('status has aligned columns', async () => {
    const { stdout } = await runCommand(sandbox, ['status'])
    const [heading = '', row = ''] = stdout.split('\n')
    expect(row.indexOf(path.join(sandbox.project, 'app.mjs'))).toBe(heading.indexOf('PROGRAM'))
    expect(row.slice(heading.indexOf('NODE')).startsWith(node.version)).toBe(true)
  })

  test('doctor finds nothing to complain about here', async () => {
    expect((await checksOf(sandbox)).filter(({ state }) => state !== 'ok')).toEqual([])
  })

  test('doctor says what of an installation is missing', async () => {
    const broken = new Sandbox(node)
    broken.distribution = path.join(broken.directory, 'dist')
    fs.cpSync(distribution, broken.distribution, { recursive: true })
    const part = (name: string) => path.join(broken.distribution, 'native', name)
    const complaints = async () => (await checksOf(broken)).filter(({ state }) => state !== 'ok').map(({ name, state }) => `${name}: ${state}`)
    fs.rmSync(part('observer.so'))
    for (const name of fs.readdirSync(part('')).filter((each) => each.startsWith('platform-'))) fs.rmSync(part(name))
    expect(await complaints()).toEqual(['platform part: degraded', 'observer: degraded'])
    fs.rmSync(part('client'))
    expect(await complaints()).toEqual(['platform part: degraded', 'client: failed', 'observer: degraded'])
    fs.writeFileSync(part('instastart.node'), 'no library')
    expect(await complaints()).toEqual(['addon: failed'])
    expect((await runCommand(broken, ['status'])).stderr).toMatch(/^instastart: INSTASTART_NOT_BUILT: .*doctor/)
    expect(await runCommand(broken, ['doctor'])).toMatchObject({ status: 1 })
    await broken.dispose()
  })
})
