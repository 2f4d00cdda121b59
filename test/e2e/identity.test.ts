// What a run finds when it looks at itself: a process that has just started, and which.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { expectParity } from '../support/parity.js'
import { Sandbox, engines, isWarm, plainReason, warmWays } from '../support/sandbox.js'

interface Clocks {
  origin: number
  now: number
  uptime: number
  event: number
  mark: number
  collection: number
  milestones: number[]
  loop: number[]
  workerOrigin: number
  date: number
}

describe.each(nodes)('on Node $version', (node) => {
  describe.each(engines)('by %s', (engine) => {
    let sandbox: Sandbox
    beforeAll(async () => {
      sandbox = new Sandbox(node, 'identity', engine)
      // By one zygote, for both ways.
      await sandbox.warmUp('client', ['app.mjs', 'facts'])
      // So that nothing of the zygote's time passes for a run's.
      await sleep(1000)
    })
    afterAll(() => sandbox.dispose())

    test.each(warmWays)('clocks start with the process of the client, with %s', async (way) => {
      const before = performance.timeOrigin + performance.now()
      const outcome = await sandbox.run(way, ['app.mjs', 'clocks'])
      expect(isWarm(outcome), outcome.stderr).toBe(true)
      const clocks = JSON.parse(outcome.stdout) as Clocks
      // Two clocks are compared, whose difference the system may correct at any time.
      expect(clocks.origin).toBeGreaterThan(before - 5)
      expect(Math.abs(clocks.origin + clocks.now - clocks.date)).toBeLessThan(5000)
      const elapsed = clocks.date - before + 5
      for (const age of [clocks.now, clocks.uptime, clocks.event, clocks.mark, clocks.collection]) {
        expect(age).toBeGreaterThanOrEqual(0)
        expect(age).toBeLessThan(elapsed)
      }
      for (const milestone of clocks.milestones) {
        expect(milestone).toBeGreaterThan(0)
        expect(milestone).toBeLessThanOrEqual(clocks.now)
      }
      expect(clocks.loop[1]).toBe(-1)
      expect(clocks.workerOrigin).toBeGreaterThanOrEqual(clocks.origin)
    })

    test.each(warmWays)('ids, names, command line and report are those of the plain run, with %s', async (way) => {
      const { stdout } = await expectParity(sandbox, way, ['app.mjs', 'facts'], {
        reference: 'off',
        normalize: (effects) => ({ ...effects, stdout: withoutKnownDifferences(effects.stdout) }),
      })
      expect(JSON.parse(stdout)).toMatchObject({ isOwnReport: true, reportAge: true, usage: true, memory: true })
    })

    const withoutKnownDifferences = (stdout: string) => {
      // How the entry was typed, only Node's own memory knows by the time our preload runs.
      const text = stdout.replace(`,"${sandbox.project}/app.mjs","facts"],"cwd"`, ',"app.mjs","facts"],"cwd"')
      // Node 20 goes through its event loop to load modules, by hooks on another thread; a zygote does not.
      return node.major === 20 ? text.replace(/"ids":.*"comm"/, '"comm"') : text
    }

    const signalled = async (way: string, env: Record<string, string> = {}) => {
      const run = sandbox.start('client', ['app.mjs', way, 'ready'], { env })
      await run.hasPrinted('ready')
      let stderr = ''
      run.child.stderr?.on('data', (text: string) => { stderr += text })
      // Until then a listener of the program's may not be there yet.
      await sleep(200)
      run.child.kill('SIGUSR1')
      return { run, stderr: () => stderr }
    }

    test.each(['idle', 'busy'])('SIGUSR1 opens the inspector of a run that is %s', async (way) => {
      const { run, stderr } = await signalled(way)
      // Or says that somebody else has the port.
      await expect.poll(stderr, { timeout: 10_000 }).toContain('127.0.0.1:9229')
      run.child.kill('SIGKILL')
      await run.ended
    })

    test.each(['listening', 'listened'])('SIGUSR1 is the program\'s own where it is %s', async (way) => {
      const plain = await (await signalled(way, { INSTASTART: '0' })).run.ended
      const warm = await (await signalled(way)).run.ended
      expect(isWarm(warm), warm.stderr).toBe(true)
      expect([warm.status, warm.signal]).toEqual([plain.status, plain.signal])
      expect(warm.status === 7 || warm.signal === 'SIGUSR1').toBe(true)
    })
  })

  describe('options that look at the process mean plain runs', () => {
    const permission = node.major === 20 ? '--experimental-permission' : '--permission'
    const options = ['--cpu-prof', '--heap-prof', '--trace-warnings', '--trace-uncaught', '--trace-event-categories=v8', permission]
    const inVariable = options.filter((option) => option !== permission && option !== '--cpu-prof' && option !== '--heap-prof')

    const expectPlain = async (way: 'register' | 'client', args: string[], env: Record<string, string>, reason: RegExp) => {
      await using sandbox = new Sandbox(node, 'identity')
      await sandbox.run(way, args, { env })
      expect(plainReason(await sandbox.run(way, args, { env }))).toMatch(reason)
      // A zygote would be on its way by the end of a run.
      expect(sandbox.manifests()).toEqual([])
    }

    test.each(options)('%s', async (option) => {
      // Without leave to read it, Node would not even load the preload.
      const args = [option, ...option === permission ? ['--allow-fs-read=*'] : [], 'own.mjs']
      await expectPlain('register', args, {}, /^option$/)
      await expectPlain('client', args, {}, /^(options?|absent)$/)
    })

    test.each(inVariable)('NODE_OPTIONS=%s', async (option) => {
      for (const way of warmWays) await expectPlain(way, ['own.mjs'], { NODE_OPTIONS: option }, /^(option|absent)$/)
    })

    test('NODE_V8_COVERAGE', async () => {
      for (const way of warmWays) await expectPlain(way, ['own.mjs'], { NODE_V8_COVERAGE: 'coverage' }, /^(coverage|absent)$/)
    })
  })
})
