// Programs that import instastart/auto, run by plain `node`.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { expectParity } from '../support/parity.js'
import { Sandbox, debugLine, isWarm, plainReason } from '../support/sandbox.js'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node, 'auto')
    sandbox.installInstastart()
  })
  afterEach(() => sandbox.dispose())

  const parity = (...args: string[]) => expectParity(sandbox, 'node', args, { reference: 'off' })

  test.each([
    ['start.cjs', /^Hello \[ 'a' \] true true\nexit 3\n$/, 3],
    ['start.mjs', /^Hello \[ 'a' \] true true true\n$/, 4],
    ['awaited.mjs', /^\[ 'immediate', 'timer' \] true\nbeforeExit\nexit\n$/, 0],
    ['serve.cjs', /^served\nexit 0\n$/, 0],
    ['throws.mjs', /^$/, 1],
    ['imports-only.mjs', /^Hello true\n$/, 0],
    ['bin.mjs', /^cli \[[^\]]*bin\.mjs', 'a' \] \[\] \S+ true\n$/, 5],
    ['bin.cjs', /^cli \[[^\]]*bin\.cjs', 'a' \] \[\] true\n$/, 6],
  ] as const)('%s is warm from the second run on', async (entry, stdout, status) => {
    const plain = await parity(entry, 'a')
    expect(plain.stdout).toMatch(stdout)
    expect(plain.status).toBe(status)
    expect(isWarm(await sandbox.run('node', [entry, 'other', 'arguments']))).toBe(true)
  })

  test.each(['start.cjs', 'start.mjs', 'bin.mjs', 'bin.cjs', 'start.mts'])('%s is warm with our preload and with the command, too', async (entry) => {
    for (const way of ['register', 'client'] as const) await expectParity(sandbox, way, [entry, 'a'], { reference: 'off' })
  })

  test('a zygote that was made by --import does not serve a run without it', async () => {
    await sandbox.warmUp('register', ['start.mjs'])
    expect(plainReason(await sandbox.run('node', ['start.mjs']))).toBe('absent')
    await sandbox.untilParked(2)
  })

  test('afterFork() calls back in every warm run, and only there', async () => {
    const first = await sandbox.warmUp('node', ['start.cjs'])
    expect(first.stderr).not.toContain('forked')
    for (let i = 0; i < 2; i++) expect((await sandbox.run('node', ['start.cjs'])).stderr.match(/forked/g)).toHaveLength(1)
  })

  test.each([
    ['unreached.mjs', 'start-not-reached'],
    ['late.mjs', 'auto-after-gate'],
    ['launch-nothing.mjs', 'start-not-reached'],
  ])('%s stays plain: %s', async (entry, reason) => {
    const first = await sandbox.run('node', [entry])
    const [manifest] = await sandbox.untilSettled()
    expect(manifest).toMatchObject({ state: 'given-up' })
    expect(manifest?.reason).toContain(reason)
    const second = await sandbox.run('node', [entry])
    expect(second).toMatchObject({ stdout: first.stdout, status: first.status })
    expect(debugLine(second)).toMatch(/^plain run/)
  })

  test('in a Worker it asks for nothing', async () => {
    const { stdout, stderr } = await sandbox.run('node', ['worker.cjs'])
    expect({ stdout, stderr }).toEqual({ stdout: 'worker undefined\nexit 0\n', stderr: '' })
    expect(sandbox.manifests()).toEqual([])
  })

  test('of two installations the preloaded one is at work, and start() of the other just goes on', async () => {
    fs.cpSync(sandbox.distribution, path.join(sandbox.directory, 'other/dist'), { recursive: true })
    const other = path.join(sandbox.directory, 'other/dist/register.js')
    const run = () => sandbox.run('node', ['--import', other, 'start.cjs', 'a'])
    const first = await run()
    await sandbox.untilParked()
    const second = await run()
    expect(isWarm(second)).toBe(true)
    expect([first, second].map(({ status }) => status)).toEqual([3, 3])
    expect(sandbox.manifests()).toHaveLength(1)
  })

  test('launch() says what it takes', async () => {
    const { stdout } = await sandbox.run('node', ['launch-nothing.mjs'], { env: { INSTASTART: '0' } })
    expect(stdout).toContain("INSTASTART_LAUNCH launch() takes a file: URL or an absolute path, not './cli.mjs'.")
  })

  test('done() waits for a slow reader of its output', async () => {
    sandbox.write('slow.cjs', `
      const { start, done } = require('instastart/auto')
      require('./heavy.cjs')
      start()
      process.stdout.write('x'.repeat(3_000_000))
      done(7)
    `)
    const command = sandbox.command('node', ['slow.cjs']).join(' ')
    const count = async () => sandbox.run('node', ['-e', `
      const { spawn } = require('child_process')
      const child = spawn('sh', ['-c', ${JSON.stringify(command)}], { stdio: ['ignore', 'pipe', 'ignore'] })
      let bytes = 0
      child.on('close', (code) => console.log(bytes, code))
      setTimeout(() => child.stdout.on('data', (data) => { bytes += data.length }), 200)
    `], { env: { INSTASTART_DEBUG: '' } })
    expect((await count()).stdout).toBe('3000000 7\n')
    await sandbox.untilParked()
    expect((await count()).stdout).toBe('3000000 7\n')
  })
})
