import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { startProgram, type Outcome } from '../support/program.js'
import { Sandbox, debugLine, distribution, plainReason, warmWays, type SandboxOptions } from '../support/sandbox.js'
import { doorsOf } from '../support/zygotes.js'

/** native/wire/protocol.h: magic, type, descriptors, length. */
const message = (type: number): Buffer => {
  const header = Buffer.alloc(12)
  header.writeUInt32LE(0x69734131, 0)
  header.writeUInt16LE(type, 4)
  return header
}
const accepted = message(2)

/** What may sit behind a zygote's socket instead of a zygote. */
const hijackers: [what: string, reason: string, answer: Buffer | undefined, then: 'close' | 'stay'][] = [
  ['is silent', 'no-answer', undefined, 'stay'],
  ['closes', 'broken-conversation', undefined, 'close'],
  ['answers garbage', 'broken-conversation', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'stay'],
  ['answers with another message', 'broken-conversation', message(8), 'stay'],
  ['answers half a message', 'no-answer', accepted.subarray(0, 6), 'stay'],
  ['accepts and closes', 'start-failed', accepted, 'close'],
  ['accepts and is silent', 'start-failed', accepted, 'stay'],
]

const expectRight = (outcome: Outcome) => expect(outcome, JSON.stringify(outcome)).toMatchObject({ stdout: 'hello world\n', status: 3 })

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays)('with %s', (way) => {
    let sandbox: Sandbox
    beforeEach(() => {
      sandbox = new Sandbox(node, 'greeting')
    })
    afterEach(() => sandbox.dispose())
    const run = (options?: SandboxOptions) => sandbox.run(way, ['app.mjs', 'world'], options)
    const folder = () => path.join(sandbox.runtime, 'instastart')
    const warmUp = () => sandbox.warmUp(way, ['app.mjs', 'world'])
    const door = () => path.join(folder(), doorsOf(sandbox.runtime)[0] ?? 'no door')

    const expectPlainTwice = async (options?: SandboxOptions) => {
      for (const attempt of ['first', 'second']) {
        const outcome = await run(options)
        expectRight(outcome)
        expect(debugLine(outcome), attempt).toMatch(/^plain run: ./)
      }
      expect(sandbox.zygotes()).toEqual([])
    }

    test('a runtime directory that cannot be made means plain runs', async () => {
      await expectPlainTwice({ env: { XDG_RUNTIME_DIR: path.join(sandbox.directory, 'no/such/folder') } })
    })

    test('a file in the place of the runtime directory means plain runs', async () => {
      fs.writeFileSync(folder(), '')
      await expectPlainTwice()
    })

    test.each(['0755', '0770', '0701'])('a runtime directory with mode %s is not used', async (mode) => {
      fs.mkdirSync(folder())
      fs.chmodSync(folder(), mode)
      await expectPlainTwice()
      expect(fs.readdirSync(folder())).toEqual([])
    })

    test.runIf(process.getuid?.() === 0)('a runtime directory of another user is not used (needs root)', async () => {
      fs.mkdirSync(folder(), { mode: 0o700 })
      fs.chownSync(folder(), 65534, 65534)
      await expectPlainTwice()
    })

    test('a link in the place of the runtime directory is not followed', async () => {
      const elsewhere = path.join(sandbox.directory, 'elsewhere')
      fs.mkdirSync(elsewhere, { mode: 0o700 })
      fs.symlinkSync(elsewhere, folder())
      await expectPlainTwice()
      expect(fs.readdirSync(elsewhere)).toEqual([])
    })

    test('without XDG_RUNTIME_DIR the directory is made in TMPDIR', async () => {
      const env = { XDG_RUNTIME_DIR: '', TMPDIR: sandbox.runtime }
      expectRight(await run({ env }))
      expect(fs.readdirSync(sandbox.runtime)).toEqual([`instastart-${process.getuid?.()}`])
      const made = path.join(sandbox.runtime, `instastart-${process.getuid?.()}`)
      expect(fs.statSync(made).mode & 0o7777).toBe(0o700)
      fs.symlinkSync(made, folder())
      await until('a parked zygote', () => sandbox.manifests().some(({ state }) => state === 'parked'))
      expect(debugLine(await run({ env }))).toMatch(/^warm run/)
      // dispose() looks for XDG_RUNTIME_DIR, which this zygote does not have.
      for (const { pid } of sandbox.manifests()) if (pid) process.kill(pid, 'SIGTERM')
      await until('its socket is gone', () => doorsOf(sandbox.runtime).length === 0)
    })

    test('a killed zygote\'s socket means a plain run, and then a new zygote', async () => {
      await warmUp()
      await sandbox.killZygotes('SIGKILL')
      expect(fs.existsSync(door())).toBe(true)
      const outcome = await run()
      expectRight(outcome)
      expect(plainReason(outcome)).toBe('absent')
      await sandbox.untilParked(1)
      expect(debugLine(await run())).toMatch(/^warm run/)
    })

    test.each(hijackers)('a listener in the zygote\'s place that %s means a plain run (%s)', async (_what, reason, answer, then) => {
      // With the other engine this client wants an image, which a listener has not got.
      sandbox.engine = 'fork'
      await warmUp()
      const name = door()
      await sandbox.killZygotes('SIGTERM')
      let place: number | undefined
      const hijacker = startProgram(process.execPath, [path.join(import.meta.dirname, '../support/hijacker.js'), name, answer?.toString('base64') ?? '', then], {
        cwd: sandbox.project, env: {}, timeoutMs: 60_000,
      })
      try {
        await hijacker.hasPrinted('listening')
        place = fs.statSync(name).ino
        const outcome = await run()
        expectRight(outcome)
        expect(plainReason(outcome)).toBe(reason)
        expect(outcome.ms).toBeLessThan(8000)
      } finally {
        hijacker.child.kill('SIGKILL')
        await hijacker.ended
        // The next zygote may have taken the name over already.
        if (fs.statSync(name, { throwIfNoEntry: false })?.ino === place) fs.rmSync(name)
      }
      await sandbox.untilSettled()
    })

    test('a stopped zygote means a plain run, after a second at most', async () => {
      await warmUp()
      const zygote = sandbox.zygotes()[0]?.pid
      if (!zygote) throw new Error('no zygote')
      process.kill(zygote, 'SIGSTOP')
      try {
        const outcome = await run()
        expectRight(outcome)
        expect(plainReason(outcome)).toBe('no-answer')
      } finally {
        process.kill(zygote, 'SIGCONT')
      }
      await until('the zygote answers again', async () => debugLine(await run()).startsWith('warm run'))
    })

    test('a zygote that is killed during a run takes no run with it', async () => {
      await warmUp()
      const running = sandbox.start(way, ['app.mjs', 'wait'], { stdio: ['pipe', 'pipe', 'pipe'] })
      await running.hasPrinted('hello wait')
      // Another kind of stdin is another zygote: this one may be plain.
      running.child.stdin?.end()
      await running.ended
      await sandbox.untilSettled()
      const second = sandbox.start(way, ['app.mjs', 'wait'], { stdio: ['pipe', 'pipe', 'pipe'] })
      await second.hasPrinted('hello wait')
      await sandbox.killZygotes('SIGKILL')
      second.child.stdin?.end()
      const { stdout, status } = await second.ended
      expect({ stdout, status }).toEqual({ stdout: 'hello wait\nend\n', status: 3 })
      for (const name of doorsOf(sandbox.runtime)) fs.rmSync(path.join(folder(), name))
    })

    test('without native parts every run is plain', async () => {
      const copy = path.join(sandbox.directory, 'dist')
      fs.cpSync(distribution, copy, { recursive: true })
      fs.rmSync(path.join(copy, 'native'), { recursive: true })
      sandbox.distribution = copy
      await expectPlainTwice()
      // The command has asked by itself by then, and found no zygote.
      expect(plainReason(await run())).toBe(way === 'register' ? 'no-addon' : 'absent')
    })

    test('without the part for this Node\'s ABI every run is plain', async () => {
      const copy = path.join(sandbox.directory, 'dist')
      fs.cpSync(distribution, copy, { recursive: true })
      for (const name of fs.readdirSync(path.join(copy, 'native'))) if (name.startsWith('platform-')) fs.rmSync(path.join(copy, 'native', name))
      sandbox.distribution = copy
      await expectPlainTwice()
    })

    test('inherited descriptors mean a plain run where runs are forked, and they are inherited', async () => {
      sandbox.engine = 'fork'
      await warmUp()
      const running = sandbox.start(way, ['app.mjs', 'world'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
      const outcome = await running.ended
      expectRight(outcome)
      expect(plainReason(outcome)).toBe('inherited-descriptors')
    })
  })

  test('an idle zygote leaves after INSTASTART_IDLE seconds', async () => {
    const sandbox = new Sandbox(node, 'greeting')
    try {
      await sandbox.run('client', ['app.mjs'], { env: { INSTASTART_IDLE: '1' } })
      await sandbox.untilParked(1)
      await until('the zygote has left', () => sandbox.processes().length === 0, 5000)
      expect(doorsOf(sandbox.runtime)).toEqual([])
    } finally {
      await sandbox.dispose()
    }
  })

  test('no `node` in PATH is told by the command, with status 127', async () => {
    const sandbox = new Sandbox(node, 'greeting')
    try {
      const outcome = await sandbox.run('client', ['app.mjs'], { env: { PATH: sandbox.directory } })
      expect(outcome).toMatchObject({ status: 127, stdout: '' })
      expect(outcome.stderr).toContain('no `node` was found in PATH')
    } finally {
      await sandbox.dispose()
    }
  })
})

