// Which programs get a zygote at all: those that compute for long enough, and those of the client, which it saves Node's start.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, isWarm, plainReason } from '../support/sandbox.js'

/** By the processor's clock, whatever else the machine does. */
const computing = 'for (const start = process.cpuUsage(); process.cpuUsage(start).user < 250_000;);\n'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => void (sandbox = new Sandbox(node)))
  afterEach(() => sandbox.dispose())

  // Far above what Node's own start computes on the busiest machine.
  const env = { INSTASTART_MIN_SAVING: '150' }

  test('a program that computes for long enough is warm', async () => {
    sandbox.write('app.cjs', 'require("./heavy.cjs")\nconsole.log("done")\n')
    sandbox.write('heavy.cjs', computing)
    await sandbox.warmUp('register', ['app.cjs'], { env })
    expect(isWarm(await sandbox.run('register', ['app.cjs'], { env }))).toBe(true)
  })

  test('one that does not stays plain and says so, until it does', async () => {
    sandbox.write('app.cjs', 'require("./heavy.cjs")\nconsole.log("done")\n')
    sandbox.write('heavy.cjs', '')
    expect(plainReason(await sandbox.run('register', ['app.cjs'], { env }))).toBe('absent')
    expect(plainReason(await sandbox.run('register', ['app.cjs'], { env }))).toBe('saves-little')
    expect(sandbox.processes()).toEqual([])
    expect(sandbox.manifests()).toMatchObject([{ state: 'given-up', reason: 'saves-little', failures: 0 }])

    sandbox.write('heavy.cjs', computing)
    await sandbox.warmUp('register', ['app.cjs'], { env })
    expect(debugLine(await sandbox.run('register', ['app.cjs'], { env }))).toMatch(/^warm run/)
  })

  test('one that waits before it computes gets its zygote while it runs', async () => {
    sandbox.write('app.cjs', `setTimeout(() => { ${computing} console.log("computed"); process.stdin.resume() }, 200)\n`)
    const running = sandbox.start('register', ['app.cjs'], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    await running.hasPrinted('computed')
    await sandbox.untilParked()
    running.child.stdin?.end()
    expect(await running.ended).toMatchObject({ status: 0 })
  })

  test('the client\'s are kept warm however short', async () => {
    sandbox.write('app.cjs', 'console.log("done")\n')
    await sandbox.warmUp('client', ['app.cjs'], { env })
    expect(isWarm(await sandbox.run('client', ['app.cjs'], { env }))).toBe(true)
  })
})
