// `instastart prove`: plain against warm, in a copy of the working directory.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, type SandboxOptions } from '../support/sandbox.js'

interface ProofSeen {
  situation: string
  verdict: string
  varying: string[]
  differences: { part: string; plain: string; other: string }[]
  isWarm: boolean
  reason: string | null
  warmMs: number | null
}

const writing = `import fs from 'node:fs'
import { name } from './src/name.ts'
import { version } from 'helper'
const enum Kind { Text = 1 }
fs.appendFileSync('log.txt', 'line\\n')
fs.rmSync('removed.txt')
fs.mkdirSync('made/deep', { recursive: true })
fs.writeFileSync('made/deep/file', String(process.argv.length))
fs.symlinkSync('log.txt', 'link.txt')
console.log(name, version, Kind.Text, process.argv.slice(2), process.env.NO_COLOR, process.stdout.isTTY === true, performance.now())
process.exitCode = 3\n`

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    fs.mkdirSync(env().TMPDIR)
    sandbox.write('src/name.ts', 'export const name: string = \'me\'\n')
    sandbox.write('node_modules/helper/index.js', 'exports.version = 1\n')
    sandbox.write('log.txt', 'first\n')
    sandbox.write('removed.txt', '')
    fs.symlinkSync('log.txt', path.join(sandbox.project, 'own.txt'))
    sandbox.write('app.ts', writing)
  })
  afterEach(() => sandbox.dispose())

  const env = () => ({ TMPDIR: path.join(sandbox.directory, 'temporary') })

  const proofs = async (words: readonly string[], options?: SandboxOptions) => {
    const outcome = await runCommand(sandbox, ['prove', '--json', ...words], { timeoutMs: 60_000, env: env(), ...options })
    return { status: outcome.status, situations: (JSON.parse(outcome.stdout) as { situations: ProofSeen[] }).situations }
  }

  const copies = () => {
    const { TMPDIR } = env()
    return fs.readdirSync(TMPDIR).filter((name) => name.startsWith('instastart-prove-')).map((name) => path.join(TMPDIR, name))
  }
  const namesBelow = () => fs.readdirSync(sandbox.project, { recursive: true, encoding: 'utf8' }).sort()

  test('a program is run in a copy, whose changes are compared and undone', async () => {
    const before = namesBelow()
    const { status, situations } = await proofs(['--only=NO_COLOR', 'app.ts', 'one'])
    expect(situations).toMatchObject([{ situation: 'NO_COLOR=1', verdict: 'equal', varying: [], differences: [], isWarm: true, reason: null }])
    expect(situations[0]?.warmMs).toBeGreaterThan(0)
    expect(status).toBe(0)
    expect(namesBelow()).toEqual(before)
    expect(sandbox.read('log.txt')).toBe('first\n')
    expect(sandbox.zygotes()).toEqual([])
    expect(copies()).toEqual([])
  })

  test('what differs is told: what is printed, the status, files', async () => {
    sandbox.write('app.ts', `import fs from 'node:fs'
      const isPlain = process.env.INSTASTART === '0'
      console.log('same')
      console.log(isPlain ? 'plain' : 'warm')
      fs.writeFileSync('file', isPlain ? 'plain' : 'warm')
      process.exitCode = isPlain ? 0 : 1\n`)
    const { status, situations } = await proofs(['--only=typed', 'app.ts'])
    expect(status).toBe(1)
    expect(situations).toMatchObject([{ verdict: 'different', isWarm: true }])
    expect(new Set(situations[0]?.differences.map(({ part }) => part))).toEqual(new Set(['status', 'stdout', 'files']))
    expect((await runCommand(sandbox, ['prove', '--only=typed', 'app.ts'], { timeoutMs: 60_000 })).stdout)
      .toMatch(/^as typed: status\n {2}plain Node {2}0\n {2}instastart {2}1\n1 situation: 1 warm, 1 different\n/m)
  })

  test('what differs by itself is no difference, but is told', async () => {
    sandbox.write('app.ts', 'console.log(String.fromCharCode(...Array.from({ length: 40 }, () => 97 + Math.floor(Math.random() * 26))))\n')
    expect(await proofs(['--only=typed', 'app.ts'])).toMatchObject({ status: 0, situations: [{ verdict: 'varies', varying: ['stdout'], isWarm: true }] })
  })

  test('a program that stays plain is told why', async () => {
    sandbox.write('app.ts', 'import "./throws.ts"\n')
    sandbox.write('throws.ts', 'throw new Error("of the program")\n')
    expect(await proofs(['--only=typed', 'app.ts'])).toMatchObject({ status: 0, situations: [{ verdict: 'equal', isWarm: false, reason: 'absent' }] })
  })

  test('a directory from which things are found above it', async () => {
    sandbox.write('packages/own/package.json', '{ "type": "module" }')
    sandbox.write('packages/own/main.js', 'import { version } from "helper"\nimport fs from "node:fs"\nconsole.log(version, fs.readdirSync("."))\n')
    const options = { cwd: path.join(sandbox.project, 'packages/own') }
    expect(await proofs(['--only=typed', 'main.js'], options)).toMatchObject({ status: 0, situations: [{ verdict: 'equal', isWarm: true }] })
    // The program is not in the directory.
    expect(await proofs(['--only=typed', '../packages/own/main.js'], { cwd: path.join(sandbox.project, 'src') })).toMatchObject({ status: 0, situations: [{ verdict: 'equal', isWarm: true }] })
  })

  test.each([
    ['a program that does not end', ['--only=typed', '--timeout=1', 'endless.mjs'], /^instastart: INSTASTART_ENDLESS: .*1 s/, 1],
    ['a timeout that is none', ['--timeout=soon', 'app.ts'], /^instastart: INSTASTART_USAGE: --timeout/, 2],
    ['a situation that is none', ['--only=nowhere', 'app.ts'], /^instastart: INSTASTART_USAGE: .*as typed, NO_COLOR=1/, 2],
    ['no program', ['missing.ts'], /^instastart: INSTASTART_NO_PROGRAM: .*missing\.ts/, 1],
    ['a directory too large', ['app.ts'], /^instastart: INSTASTART_TOO_LARGE: .*--in-place/, 1],
  ])('%s', async (what, words, message, status) => {
    sandbox.write('endless.mjs', 'setInterval(() => {}, 1000)\n')
    if (what === 'a directory too large') fs.truncateSync(path.join(sandbox.project, 'log.txt'), 2 ** 29)
    const outcome = await runCommand(sandbox, ['prove', ...words])
    expect(outcome).toMatchObject({ stdout: '', status })
    expect(outcome.stderr).toMatch(message)
  })

  test('with INSTASTART_ENGINE=fork it waits for no image', async () => {
    const options = { env: { ...env(), INSTASTART_ENGINE: 'fork' } }
    expect(await proofs(['--only=NO_COLOR', 'app.ts'], options)).toMatchObject({ status: 0, situations: [{ verdict: 'equal', isWarm: true }] })
  })

  test('interrupted, it leaves nothing behind', async () => {
    sandbox.write('endless.mjs', 'import fs from "node:fs"\nfs.writeFileSync("began", "")\nsetInterval(() => {}, 1000)\n')
    const { child, ended } = sandbox.start('client', ['prove', 'endless.mjs'], { env: env() })
    await until('the program', () => copies().some((copy) => fs.existsSync(path.join(copy, sandbox.project, 'began'))))
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ status: 1, stderr: 'instastart: INSTASTART_INTERRUPTED: SIGINT: nothing is proved.\n' })
    expect(copies()).toEqual([])
  })

  test.skipIf(process.getuid?.() === 0)('a directory that cannot be read (nothing is unreadable for root)', async () => {
    fs.chmodSync(path.join(sandbox.project, 'log.txt'), 0)
    expect((await runCommand(sandbox, ['prove', 'app.ts'])).stderr).toMatch(/^instastart: INSTASTART_NOT_COPIED: .*--in-place/)
  })

  test('in place, nothing is undone', async () => {
    sandbox.write('app.ts', 'import fs from "node:fs"\nfs.appendFileSync("log.txt", "line\\n")\n')
    expect(await proofs(['--only=typed', '--in-place', 'app.ts'])).toMatchObject({ status: 0, situations: [{ verdict: 'equal', isWarm: true }] })
    expect(sandbox.read('log.txt').split('\n').length).toBeGreaterThan(4)
  })
})
