// What `status`, `why` and `doctor` say after each of the things that make runs plain.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshnessChecks } from '../../loader/commands/doctor-programs.js'
import { checkOf, runCommand, statusOf, whyOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, isWarm, plainReason } from '../support/sandbox.js'

const root = path.resolve(import.meta.dirname, '../..')

// Mounts of such a kind are not to be had everywhere.
test('doctor tells of folders in which the kernel does not tell of changes', () => {
  expect(freshnessChecks([{ entry: '/a.mjs', unwatchedFolders: 0 }, { entry: '/b.mjs', unwatchedFolders: null }])).toEqual([])
  expect(freshnessChecks([{ entry: '/a.mjs', unwatchedFolders: 2 }, { entry: '/b.mjs', unwatchedFolders: 0 }, { entry: '/c.mjs', unwatchedFolders: 1 }])).toMatchObject([
    { name: 'freshness', state: 'degraded', found: '3 folders looked at for each run', advice: expect.stringContaining('/a.mjs, /c.mjs ') as string },
  ])
})

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  const app = () => path.join(sandbox.project, 'app.mjs')
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', 'import "./dependency.mjs"\nconsole.log("hello")\n')
    sandbox.write('dependency.mjs', 'export const isFlagged = process.argv.includes("--flag") || process.env.FLAG_OF_TEST\n')
  })
  afterEach(() => sandbox.dispose())

  test('when all is well', async () => {
    expect(await statusOf(sandbox)).toEqual([])
    expect((await whyOf(sandbox, ['app.mjs'])).next).toMatchObject({ verdict: 'plain', reason: 'absent' })
    await sandbox.warmUp('client', ['app.mjs'])
    expect(isWarm(await sandbox.run('client', ['app.mjs']))).toBe(true)
    const [zygote] = await statusOf(sandbox)
    expect(zygote).toMatchObject({ entry: app(), state: 'warm', reason: null, engine: sandbox.engine, hits: 1, misses: 0, nodeVersion: node.version, pid: sandbox.zygotes()[0]?.pid })
    for (const amount of ['ageMs', 'savedMs', 'ownBytes', 'sharedBytes'] as const) expect(zygote?.[amount], amount).toBeGreaterThan(0)

    const why = await whyOf(sandbox, ['app.mjs'])
    expect(why).toMatchObject({ entry: app(), next: { verdict: 'warm', reason: null }, zygotes: [{ state: 'warm', isFromHere: true, isOfThisNode: true }], plainRuns: [{ reason: 'absent' }] })
    expect(why.zygotes[0]?.questions.arguments).toEqual(['--flag'])
    expect(why.zygotes[0]?.questions.variables).toContain('FLAG_OF_TEST')
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'ok', found: '1 zygote warm' })
    // No module asks what standard error is.
    expect((await whyOf(sandbox, ['app.mjs'], { redirections: '2>/dev/null' })).next).toMatchObject({ verdict: 'warm' })
  })

  test('after an edit', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    const file = path.join(sandbox.project, 'dependency.mjs')
    sandbox.write('dependency.mjs', 'export const other = 1\n')
    const stale = { state: 'stale', reason: `stale: ${file}` }
    expect(await statusOf(sandbox)).toMatchObject([stale])
    expect(await whyOf(sandbox, ['app.mjs'])).toMatchObject({ next: { verdict: 'plain', reason: stale.reason }, zygotes: [stale] })
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'ok', found: '0 zygotes warm' })

    expect(plainReason(await sandbox.run('client', ['app.mjs']))).toBe('stale')
    await sandbox.untilParked()
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'warm', hits: 0 }])
    expect(await whyOf(sandbox, ['app.mjs'])).toMatchObject({ next: { verdict: 'warm' }, plainRuns: [{ reason: 'absent' }, { reason: stale.reason }] })
  })

  test('after a crash of the zygote', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    await sandbox.killZygotes('SIGKILL')
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'died', reason: 'died', pid: null }])
    expect(await whyOf(sandbox, ['app.mjs'])).toMatchObject({ next: { verdict: 'plain', reason: 'died' }, zygotes: [{ state: 'died' }] })
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'degraded', found: '0 warm, 1 in trouble' })
    await runCommand(sandbox, ['clean'])
    expect(await statusOf(sandbox)).toEqual([])
  })

  test('after a crash while it was being made', async () => {
    sandbox.write('dependency.mjs', 'if (/^instastart zygote/.test(process.getBuiltinModule("fs").readFileSync("/proc/self/cmdline"))) process.abort()\n')
    await sandbox.run('client', ['app.mjs'])
    await sandbox.untilSettled()
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'died', reason: 'died-warming' }])
    expect(await whyOf(sandbox, ['app.mjs'])).toMatchObject({ next: { verdict: 'plain', reason: 'died-warming' } })
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'degraded' })
    await runCommand(sandbox, ['clean'])
  })

  test('when it is told to end, or leaves by itself', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    await sandbox.killZygotes('SIGTERM')
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'ended', reason: 'signal' }])
    await sandbox.warmUp('client', ['app.mjs'])
    await runCommand(sandbox, ['stop', 'app.mjs'])
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'ended', reason: 'stopped' }])
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'ok' })
  })

  test('when it is stopped and does not answer', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    const [{ pid } = { pid: 0 }] = sandbox.zygotes()
    process.kill(pid, 'SIGSTOP')
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'silent', reason: 'no-answer', pid }])
    expect(await whyOf(sandbox, ['app.mjs'])).toMatchObject({ next: { verdict: 'plain', reason: 'no-answer' } })
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'degraded' })
    expect((await runCommand(sandbox, ['stop', 'app.mjs'])).stdout).toContain('1 zygote stopped')
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'died' }])
    await runCommand(sandbox, ['clean'])
  })

  test('after a change of Node\'s version', async () => {
    const other = [22, 24].map((major) => path.join(root, `node_modules/node${major}/bin`)).find((folder) => !node.execPath.startsWith(folder)) ?? ''
    await sandbox.warmUp('client', ['app.mjs'])
    const env = { PATH: `${other}:${sandbox.env().PATH}` }
    const zygote = { state: 'warm', nodeVersion: node.version }
    expect(await statusOf(sandbox, { env })).toMatchObject([zygote])
    expect(await whyOf(sandbox, ['app.mjs'], { env })).toMatchObject({ next: { verdict: 'plain', reason: 'absent' }, zygotes: [{ ...zygote, isOfThisNode: false, isFromHere: false }] })
    expect(await checkOf(sandbox, 'versions', { env })).toMatchObject({ state: 'degraded', found: '1 zygote of another Node or build of instastart' })
  })

  test('after a failed preload', async () => {
    sandbox.write('dependency.mjs', 'throw new Error("not at home")\n')
    await sandbox.run('client', ['app.mjs'])
    await sandbox.untilSettled()
    expect(plainReason(await sandbox.run('client', ['app.mjs']))).toBe('absent')
    const failed = { state: 'plain', reason: 'failed: Error: not at home' }
    expect(await statusOf(sandbox)).toMatchObject([failed])
    expect(await whyOf(sandbox, ['app.mjs'])).toMatchObject({
      next: { verdict: 'plain', reason: failed.reason }, zygotes: [{ ...failed, changed: [] }],
      plainRuns: [{ reason: 'absent', givenUp: null }, { reason: 'absent', givenUp: failed.reason }],
    })
    expect(await checkOf(sandbox, 'programs')).toMatchObject({ state: 'degraded' })

    sandbox.write('dependency.mjs', 'export const mended = true\n')
    expect((await whyOf(sandbox, ['app.mjs'])).zygotes[0]?.changed).toEqual([path.join(sandbox.project, 'dependency.mjs')])
  })

  test('with INSTASTART=0', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    const env = { INSTASTART: '0' }
    expect(await statusOf(sandbox, { env })).toMatchObject([{ state: 'warm' }])
    expect((await whyOf(sandbox, ['app.mjs'], { env })).next).toMatchObject({ verdict: 'plain', reason: 'INSTASTART=0' })
    expect(await checkOf(sandbox, 'environment', { env })).toMatchObject({ state: 'degraded', found: 'INSTASTART=0' })
    expect(await checkOf(sandbox, 'environment')).toMatchObject({ state: 'ok' })
  })

  test('where CI is set: nothing stays behind unasked', async () => {
    const env = { CI: 'true' }
    for (let i = 0; i < 2; i++) expect(plainReason(await sandbox.run('register', ['app.mjs'], { env }))).toBe('ci')
    expect(sandbox.manifests()).toEqual([])
    expect((await whyOf(sandbox, ['app.mjs'], { env })).next).toMatchObject({ verdict: 'plain', reason: 'ci: absent' })
    expect(await checkOf(sandbox, 'environment', { env })).toMatchObject({ state: 'degraded', found: 'ci' })

    expect(await runCommand(sandbox, ['warm', 'app.mjs'], { env })).toMatchObject({ status: 0 })
    expect(isWarm(await sandbox.run('register', ['app.mjs'], { env }))).toBe(true)
    sandbox.write('dependency.mjs', 'export const edited = true\n')
    expect((await whyOf(sandbox, ['app.mjs'], { env })).next).toMatchObject({ verdict: 'plain', reason: expect.stringMatching(/^ci: stale: /) as string })
    expect(debugLine(await sandbox.run('register', ['app.mjs'], { env }))).toMatch(/^plain run: ci: stale: /)
    await until('the end of the stale zygote', () => sandbox.parked().length === 0)

    for (const asked of [{ CI: '1', INSTASTART: '1' }, { CI: 'false' }]) {
      await sandbox.warmUp('register', ['app.mjs'], { env: asked })
      await runCommand(sandbox, ['stop', '--all'])
    }
  })

  test('with an option that keeps runs plain', async () => {
    const env = { NODE_OPTIONS: '--trace-warnings' }
    expect((await whyOf(sandbox, ['app.mjs'], { env })).next).toMatchObject({ verdict: 'plain', reason: 'option: --trace-warnings' })
    expect((await whyOf(sandbox, ['--title=mine', 'app.mjs'])).next).toMatchObject({ verdict: 'plain', reason: 'option: --title=mine' })
    expect(await checkOf(sandbox, 'environment', { env })).toMatchObject({ state: 'degraded', found: 'option: --trace-warnings' })
  })

  test('with another loader', async () => {
    const loader = path.join(sandbox.project, 'loader.mjs')
    // One on a thread, as Node's documentation has it.
    sandbox.write('loader.mjs', 'import { register } from "node:module"\nregister("data:text/javascript,export const resolve = (s, c, next) => next(s, c)")\n')
    const env = { NODE_OPTIONS: `--no-warnings --import=file://${loader}` }
    await sandbox.run('client', ['app.mjs'], { env })
    await sandbox.untilSettled()
    const facts = await whyOf(sandbox, ['app.mjs'], { env })
    const [zygote] = await statusOf(sandbox, { env })
    // Whether that keeps runs plain depends on what Node leaves open for it; what is said must be what is.
    const run = await sandbox.run('client', ['app.mjs'], { env })
    expect(facts.next.verdict).toBe(isWarm(run) ? 'warm' : 'plain')
    expect(zygote?.state).toBe(facts.next.verdict)
    if (!isWarm(run)) expect(facts.zygotes[0]).toMatchObject({ state: 'plain', otherPreloads: [`file://${loader}`] })
    expect(await checkOf(sandbox, 'other loaders', { env })).toMatchObject({ state: 'degraded', found: `NODE_OPTIONS: file://${loader}` })
    expect(await checkOf(sandbox, 'other loaders')).toMatchObject({ state: 'ok' })
  })

  test('of a program that package.json excludes', async () => {
    sandbox.write('package.json', '{ "instastart": { "exclude": ["./app.mjs"] } }\n')
    expect((await whyOf(sandbox, ['app.mjs'])).next).toMatchObject({ verdict: 'plain', reason: 'excluded: ./app.mjs' })
  })

  test('of directories that are not ours alone', async () => {
    const folder = path.join(sandbox.runtime, 'instastart')
    fs.mkdirSync(folder, { mode: 0o755 })
    fs.chmodSync(folder, 0o755)
    expect(await checkOf(sandbox, 'runtime directory')).toMatchObject({ state: 'failed' })
    expect(await runCommand(sandbox, ['doctor'])).toMatchObject({ status: 1 })
    fs.chmodSync(folder, 0o700)
    expect(await checkOf(sandbox, 'runtime directory')).toMatchObject({ state: 'ok' })
    expect(await runCommand(sandbox, ['doctor'])).toMatchObject({ status: 0 })
  })
})
