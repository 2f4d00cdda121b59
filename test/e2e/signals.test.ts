import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import type { RunningProgram } from '../support/program.js'
import { Sandbox, debugLine, engines, warmWays } from '../support/sandbox.js'
import { stateOf } from '../support/zygotes.js'

const groupOf = (pid: number) => {
  const [parent = 0, group = 0, session = 0] = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/.*\) \w /s, '').split(' ').map(Number)
  return { parent, group, session }
}

/**
 * Nobody could continue an orphaned process group, so the kernel does not stop it by SIGTSTP (setpgid(2)). Where tests run without a
 * terminal, theirs often is one: then a plain run goes on, and so must a warm one.
 */
const isOrphaned = (pid = process.pid): boolean => {
  const { parent, group, session } = groupOf(pid)
  if (parent === 0) return true
  const above = groupOf(parent)
  return above.group === group ? isOrphaned(parent) : above.session !== session
}

const isGone = (pid: number) => ['', 'Z', 'X'].includes(stateOf(pid))

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays.flatMap((way) => engines.map((engine) => ({ way, engine }))))('with $way, by $engine', ({ way, engine }) => {
    let sandbox: Sandbox
    let last: RunningProgram | undefined
    beforeEach(async () => {
      sandbox = new Sandbox(node, 'signals', engine)
      await sandbox.warmUp(way, ['app.mjs', 'nothing'])
    })
    afterEach(async () => {
      last?.child.kill('SIGKILL')
      await sandbox.dispose()
    })

    /** A warm run that is at work. Forked, it has a pid of its own; thawed, it is what was its client. */
    const start = async (...args: string[]): Promise<{ program: RunningProgram; client: number; run: number }> => {
      let printed = ''
      const program = sandbox.start(way, ['app.mjs', ...args])
      last = program
      program.child.stdout?.on('data', (text: string) => {
        printed += text
      })
      await program.hasPrinted('pid ')
      await until('a whole line', () => printed.includes('\n'))
      const run = Number(/pid (\d+)/.exec(printed)?.[1])
      const client = program.child.pid ?? 0
      expect(run === client).toBe(engine === 'thaw')
      return { program, client, run }
    }

    test.each(['sleep', 'busy'])('a killed client takes its run with it: %s', async (what) => {
      const { program, client, run } = await start(what)
      process.kill(client, 'SIGKILL')
      expect(await program.ended).toMatchObject({ status: null, signal: 'SIGKILL' })
      await until('the run is gone', () => isGone(run), 5000)
    })

    test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)('%s ends a program without a handler as it does in plain Node', async (signal) => {
      const { program, client, run } = await start('sleep')
      process.kill(client, signal)
      expect(await program.ended).toMatchObject({ status: null, signal })
      expect(isGone(run)).toBe(true)
    })

    test('SIGTERM ends a busy program', async () => {
      const { program, client } = await start('busy')
      process.kill(client, 'SIGTERM')
      expect(await program.ended).toMatchObject({ status: null, signal: 'SIGTERM' })
    })

    test('signals reach the program\'s handlers, in order', async () => {
      const signals = ['SIGUSR2', 'SIGINT', 'SIGWINCH', 'SIGHUP', 'SIGTERM'] as const
      const { program, client } = await start('handle', ...signals)
      await program.hasPrinted('ready')
      for (const signal of signals) {
        process.kill(client, signal)
        await program.hasPrinted(`got ${signal}`)
      }
      const outcome = await program.ended
      expect(outcome).toMatchObject({ status: 5, signal: null })
      expect(debugLine(outcome)).toMatch(/^warm run/)
    })

    const expectStopAndContinuation = async (client: number, run: number) => {
      await until('both stand still', () => stateOf(run) === 'T' && stateOf(client) === 'T', 5000)
      process.kill(client, 'SIGCONT')
    }

    const expectToGoOn = async ({ program, client, run }: { program: RunningProgram; client: number; run: number }) => {
      await until('both go on', () => stateOf(run) !== 'T' && stateOf(client) !== 'T', 5000)
      process.kill(client, 'SIGTERM')
      expect(await program.ended).toMatchObject({ status: 7, signal: null })
    }

    test.each(['SIGSTOP', 'SIGTSTP'] as const)('%s to the run stops its client, and both go on after SIGCONT', async (signal) => {
      const started = await start('tick')
      await started.program.hasPrinted('tick 2')
      process.kill(started.run, signal)
      if (signal === 'SIGSTOP' || !isOrphaned()) await expectStopAndContinuation(started.client, started.run)
      await expectToGoOn(started)
    })

    test('SIGTSTP to the client stops both, and SIGCONT continues both', async () => {
      const started = await start('tick')
      await started.program.hasPrinted('tick 2')
      process.kill(started.client, 'SIGTSTP')
      if (!isOrphaned()) await expectStopAndContinuation(started.client, started.run)
      await expectToGoOn(started)
    })

    test('a run that is killed itself is a client that is killed', async () => {
      const { program, run } = await start('sleep')
      process.kill(run, 'SIGKILL')
      expect(await program.ended).toMatchObject({ status: null, signal: 'SIGKILL' })
    })
  })
})
