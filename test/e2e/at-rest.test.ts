// What waits for runs costs nothing meanwhile.
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { statusOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox } from '../support/sandbox.js'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node, undefined, 'any')
  })
  afterEach(() => sandbox.dispose())

  test('nothing wakes zygote, standby and base', { timeout: 200_000 }, async () => {
    sandbox.write('node_modules/package/package.json', '{ "name": "package", "type": "module", "exports": "./index.js" }')
    sandbox.write('node_modules/package/index.js', '')
    sandbox.write('app.mjs', 'import "package"\nimport "./dependency.mjs"\n')
    for (let i = 0; i < 3; i++) {
      sandbox.write('dependency.mjs', `// ${i}\n`)
      await sandbox.run('client', ['app.mjs'])
      await sandbox.untilSettled()
    }
    await until('an image', async () => (await statusOf(sandbox)).some(({ engine }) => engine === 'thaw'))
    // What has made it has ended.
    const titles = () => sandbox.processes().map(({ title }) => title.split(' ', 2).join(' ')).sort()
    await expect.poll(titles, { timeout: 20_000 }).toEqual(['instastart base', 'instastart standby', 'instastart zygote'])
    // proc_pid_status(5)
    const switchesOf = (pid: number) => fs.readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum +
      [...fs.readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').matchAll(/_ctxt_switches:\s+(\d+)/g)].reduce((all, [, count]) => all + Number(count), 0), 0)
    const look = () => sandbox.processes().map(({ pid, title }) => ({ pid, title, switches: switchesOf(pid) }))
    const before = look()
    await sleep(scaled(60_000, 3000))
    expect(look()).toEqual(before)
  })
})
