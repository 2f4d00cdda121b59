// What waits for runs costs nothing meanwhile.
import fs from 'node:fs'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { statusOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, engines, isWarm } from '../support/sandbox.js'

/** proc_pid_status(5) */
const switchesOf = (pid: number) => fs.readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum +
  [...fs.readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').matchAll(/_ctxt_switches:\s+(\d+)/g)].reduce((all, [, count]) => all + Number(count), 0), 0)

const look = (sandbox: Sandbox) => sandbox.processes().map(({ pid, title }) => ({ pid, title, switches: switchesOf(pid) }))

/** What a start leaves to be done later is done by then: the end of what has made an image is heard of, a standby is made, V8's own. */
const restMs = 3000

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
    await sleep(restMs)
    const before = look(sandbox)
    await sleep(scaled(60_000, 3000))
    expect(look(sandbox)).toEqual(before)
  })

  test.each(engines)('nor a server that is warm, its client and its zygote, by %s: it serves all the same', { timeout: 200_000 }, async (engine) => {
    await using own = new Sandbox(node, undefined, engine)
    own.write('server.mjs', 'import net from "node:net"\nexport const server = net.createServer((socket) => socket.end("served"))\n')
    own.write('app.mjs', 'import { server } from "./server.mjs"\nserver.listen(0, "127.0.0.1", () => console.log("port", server.address().port))\n')
    const start = async () => {
      const { child, hasPrinted, ended } = own.start('client', ['app.mjs'], { timeoutMs: 150_000 })
      let printed = ''
      child.stdout?.on('data', (text: string) => { printed += text })
      await hasPrinted('port ')
      return { child, ended, port: Number(/port (\d+)/.exec(printed)?.[1]) }
    }
    // Its zygote is made as it comes to rest.
    const first = await start()
    await until('the zygote', () => own.parked().length === 1)
    first.child.kill()
    await first.ended
    const server = await start()
    const serves = () => text(net.connect(server.port, '127.0.0.1'))
    expect(await serves()).toBe('served')
    await sleep(restMs)
    const before = look(own)
    await sleep(scaled(60_000, 3000))
    expect(look(own)).toEqual(before)
    expect(await serves()).toBe('served')
    server.child.kill()
    const outcome = await server.ended
    expect(isWarm(outcome), outcome.stderr).toBe(true)
    expect(outcome).toMatchObject({ signal: 'SIGTERM' })
  })
})
