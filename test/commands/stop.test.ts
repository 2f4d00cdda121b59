// `instastart stop`: also of what does not understand us, and never of what is no zygote.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonOf, runCommand, statusOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { nodes } from '../support/nodes.js'
import { Sandbox } from '../support/sandbox.js'
import { untilGone } from '../support/zygotes.js'

interface Stopped {
  stopped: { key: string; entry: string; pid: number }[]
}

/** Listens, says that it is parked, and does not understand a word. */
const stranger = (folder: string, key: string) => `
  const server = require('net').createServer((socket) => socket.once('data', () => socket.end()))
  server.listen('${folder}/${key}', () =>
    require('fs').writeFileSync('${folder}/${key}.json', JSON.stringify({ state: 'parked', entry: '/old.js', build: '0.0.1 old', pid: process.pid })))`

describe.each(nodes)('instastart stop, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', 'console.log("app")\n')
    await sandbox.warmUp('client', ['app.mjs'])
  })
  afterEach(() => sandbox.dispose())

  const key = '0123456789abcdef'.repeat(2)
  const folder = () => path.join(sandbox.runtime, 'instastart')
  /** Holds the lock on the manifest, as a zygote does (flock(1)). */
  const startHolder = (command: string[]) => {
    const [file = '', ...args] = ['flock', '--no-fork', path.join(folder(), `${key}.json`), ...command]
    return spawn(file, args, { env: sandbox.env(), stdio: 'ignore' }).pid ?? NaN
  }

  test('ends zygotes of other builds and other versions of the protocol, with --all', async () => {
    const pid = startHolder([node.execPath, `--title=instastart zygote ${key} /old.js`, '-e', stranger(folder(), key)])
    await until('the other zygote', () => sandbox.manifests().some(({ key: each, state }) => each === key && state === 'parked'))
    expect((await statusOf(sandbox)).find((zygote) => zygote.key === key)).toMatchObject({ state: 'silent', pid })
    const own = sandbox.zygotes().find((zygote) => zygote.pid !== pid)?.pid
    const { stopped } = await jsonOf(sandbox, ['stop', '--all']) as Stopped
    expect(stopped.map((each) => each.pid).sort()).toEqual([own, pid].sort())
    await untilGone([pid, own ?? NaN])
    await runCommand(sandbox, ['clean'])
    expect(await statusOf(sandbox)).toEqual([])
  })

  test('leaves alone what is no zygote, whatever a manifest says', async () => {
    const pid = startHolder(['sh', '-c', `printf '{"state":"parked","entry":"/old.js","pid":%s}' $$ > ${folder()}/${key}.json; sleep 1000 & wait`])
    await until('its manifest', () => sandbox.manifests().some(({ key: each, pid: said }) => each === key && said === pid))
    const { stopped } = await jsonOf(sandbox, ['stop', '--all']) as Stopped
    expect(stopped.map((each) => each.entry)).toEqual([path.join(sandbox.project, 'app.mjs')])
    const rest = sandbox.processes().map((each) => each.pid)
    expect(rest).toContain(pid)
    for (const each of rest) process.kill(each)
    await untilGone(rest)
  })
})
