import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonOf, runCommand } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox } from '../support/sandbox.js'

interface Log {
  entry: string
  reason: string
  text: string
}

describe.each(nodes)('instastart logs, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', 'import "./dependency.mjs"\nconsole.log("hello")\n')
  })
  afterEach(() => sandbox.dispose())

  const failWith = async (dependency: string) => {
    sandbox.write('dependency.mjs', dependency)
    await sandbox.run('client', ['app.mjs'])
    await sandbox.untilSettled()
  }
  const logs = async () => (await jsonOf(sandbox, ['logs', 'app.mjs']) as { logs: Log[] }).logs
  const logFiles = () => fs.readdirSync(path.join(sandbox.runtime, 'instastart')).filter((name) => name.endsWith('.log'))

  test('shows the whole error of a failed preload', async () => {
    await failWith('\nfunction inner() { throw new TypeError("not at home", { cause: "the cause" }) }\ninner()\n')
    const [log] = await logs()
    expect(log).toMatchObject({ entry: path.join(sandbox.project, 'app.mjs'), reason: 'failed: TypeError: not at home' })
    expect(log?.text).toMatch(/^TypeError: not at home\n +at inner \(.*dependency\.mjs:2:.*the cause/s)
    const { stdout } = await runCommand(sandbox, ['logs'])
    expect(stdout).toContain(log?.text)
    expect(stdout).toContain('app.mjs, ')
    for (const name of logFiles()) expect(fs.statSync(path.join(sandbox.runtime, 'instastart', name)).mode & 0o777).toBe(0o600)
  })

  test('shows what kept a zygote from parking by being printed', async () => {
    await failWith('console.log("loading ...")\n')
    expect(await logs()).toMatchObject([{ reason: 'output-before-gate', text: 'loading ...\n' }])
  })

  test('has nothing of a module that ends the process without a word, but the reason is known', async () => {
    await failWith('process.exit(3)\n')
    expect(await logs()).toEqual([])
    expect(sandbox.manifests()).toMatchObject([{ state: 'given-up', reason: 'exited-before-gate: 3' }])
  })

  test('is bounded, and gone once the program is warm', async () => {
    await failWith('throw new Error("y".repeat(200_000))\n')
    const [log] = await logs()
    expect(log?.text.length).toBeGreaterThan(15_000)
    expect(log?.text.length).toBeLessThan(65_536)
    sandbox.write('dependency.mjs', 'export {}\n')
    await sandbox.run('client', ['app.mjs'])
    await sandbox.untilParked()
    expect(await logs()).toEqual([])
    expect(logFiles()).toEqual([])
    expect((await runCommand(sandbox, ['logs'])).stdout).toMatch(/^No zygote that gave up/)
  })

  test('shows what was printed to a file', async () => {
    sandbox.write('dependency.mjs', 'console.error("to a file")\n')
    await sandbox.run('client', ['app.mjs'], { redirections: '2> errors.txt' })
    await sandbox.untilSettled()
    expect(await logs()).toMatchObject([{ reason: 'output-before-gate', text: 'to a file\n' }])
  })
})
