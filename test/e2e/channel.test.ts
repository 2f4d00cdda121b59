// Programs with a channel to their parent (child_process.fork): warm, and the channel is the one that plain Node has.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import path from 'node:path'
import { nodes } from '../support/nodes.js'
import { scaled } from '../support/contract.js'
import { Sandbox, plainReason, warmWays, withoutDebugLines, type Way } from '../support/sandbox.js'

/** Starts the child given by its arguments as many times as it is told to, one after the other, and says what it hears of it. */
const parent = `import { fork } from 'node:child_process'
import net from 'node:net'
const [, , way, serialization, times, talk, ...args] = process.argv
const { REGISTER, CLIENT, ...env } = process.env
const options = { serialization, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }
const start = () => way === 'client' ? fork('child.mjs', args, { ...options, execPath: CLIENT, execArgv: [] })
  : fork('child.mjs', args, { ...options, execArgv: way === 'register' ? ['--import', REGISTER] : [] })
const talks = {
  chat: (child) => child.on('message', (message) => { console.log(message); child.send(message.next ?? { end: true }) }),
  hear: (child) => child.on('message', (message) => { console.log(message) }),
  early: (child) => { child.send({ text: 'sent before it listens' }); child.on('message', (message) => { console.log(message); child.disconnect() }) },
  bulk: (child) => { for (let i = 0; i < 200; i++) child.send({ i, text: 'x'.repeat(5000) }); child.on('message', (message) => { console.log(message); child.disconnect() }) },
  disconnect: (child) => child.on('message', () => child.disconnect()),
  kill: (child) => child.on('message', () => child.kill('SIGTERM')),
  server: (child) => {
    const server = net.createServer((socket) => socket.end('served')).listen(0, '127.0.0.1', () => child.send({ port: server.address().port }, server))
    child.on('message', (message) => { console.log(message); server.close(); child.disconnect() })
  },
}
for (let i = 0; i < Number(times); i++) {
  const child = start()
  talks[talk](child)
  const ends = ['disconnect', 'exit'].map((event) => new Promise((resolve) => child.on(event, (...values) => resolve([event, ...values]))))
  console.log(await Promise.all(ends))
}
`

const helper = `export const seenEarly = [typeof process.send, process.connected, typeof process.channel?.fd, process.channel?.fd, 'send' in process, Object.keys(process.env).filter((name) => name.startsWith('NODE_CHANNEL'))]
`

const child = `import fs from 'node:fs'
import net from 'node:net'
import { seenEarly } from './helper.mjs'
const sockets = () => fs.readdirSync('/proc/self/fd').filter((fd) => {
  try { return fs.readlinkSync('/proc/self/fd/' + fd).startsWith('socket:') } catch { return false }
})
const bodies = {
  look: () => {
    process.on('message', ({ end }) => end && process.disconnect())
    process.send({ seenEarly, now: [typeof process.send, process.connected, process.channel.fd, process.env.NODE_CHANNEL_FD, sockets()] })
  },
  values: () => {
    process.once('message', (message) => { process.send({ got: message, next: { end: true } }); process.once('message', () => process.disconnect()) })
    process.send({ date: new Date(0), map: new Map([[1, 2]]), bytes: new Uint8Array([1, 2, 3]), text: 'ü', next: { answer: [1, null, 'x'] } })
  },
  echo: () => process.on('message', (message) => process.send({ echo: message })),
  count: () => {
    let sum = 0, count = 0
    process.on('message', ({ i, text }) => { sum += i + text.length; if (++count === 200) process.send({ sum }) })
  },
  wait: () => { process.on('message', () => undefined); process.on('disconnect', () => console.log('disconnected')); process.send('ready') },
  serve: () => process.on('message', ({ port }, server) => {
    server.on('connection', (socket) => socket.end('served'))
    net.connect(port, '127.0.0.1').on('data', (data) => { server.close(); process.send(String(data)) })
  }),
  silent: () => console.log('silent'),
  exit: () => { process.send('last words'); process.exit(7) },
}
bodies[process.argv[2]]()
`

const cases: [talk: string, body: string][] = [
  ['chat', 'look'], ['chat', 'values'], ['early', 'echo'], ['bulk', 'count'], ['disconnect', 'wait'], ['kill', 'wait'], ['server', 'serve'], ['hear', 'silent'], ['hear', 'exit'],
]

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(() => {
    sandbox = new Sandbox(node, undefined, 'thaw')
    sandbox.write('parent.mjs', parent)
    sandbox.write('child.mjs', child)
    sandbox.write('helper.mjs', helper)
  })
  afterAll(() => sandbox.dispose())

  const fork = (way: Way, serialization: string, talk: string, body: string, times = 1, env: Record<string, string> = {}) => sandbox.run('node',
    ['parent.mjs', way, serialization, String(times), talk, body],
    { env: { REGISTER: path.join(sandbox.distribution, 'register.js'), CLIENT: path.join(sandbox.distribution, 'instastart'), ...env } })

  describe.each(warmWays)('with %s', (way) => {
    describe.each(['json', 'advanced'])('and %s', (serialization) => {
      beforeAll(async () => {
        await fork(way, serialization, 'chat', 'look')
        await sandbox.untilSettled()
      })

      test.each(cases)('%s: a child that is told to %s does what it does in plain Node', async (talk, body) => {
        const times = scaled(20, 2)
        const plain = await fork('node', serialization, talk, body, times)
        const warm = await fork(way, serialization, talk, body, times)
        expect(warm.stderr.match(/^instastart: warm run, thawed/gm), warm.stderr).toHaveLength(times)
        expect(warm.stdout).toBe(plain.stdout)
        expect(withoutDebugLines(warm.stderr)).toBe(plain.stderr)
        expect(warm.status).toBe(0)
      })
    })
  })

  test('without a channel the program has another zygote, and finds none', async () => {
    sandbox.write('without.mjs', 'import { seenEarly } from \'./helper.mjs\'\nconsole.log(JSON.stringify(seenEarly), process.send)\n')
    const plain = await sandbox.run('node', ['without.mjs'])
    await sandbox.warmUp('client', ['without.mjs'])
    const run = await sandbox.run('client', ['without.mjs'])
    expect(run.stdout).toBe(plain.stdout)
  })

  test('what a module says before the gate is said in every run', async () => {
    await using own = new Sandbox(node, undefined, 'thaw')
    own.write('parent.mjs', parent)
    own.write('helper.mjs', 'process.send(\'early\')\nexport const seenEarly = 1\n')
    own.write('child.mjs', child)
    const env = { REGISTER: path.join(own.distribution, 'register.js'), CLIENT: '' }
    const run = (way: Way) => own.run('node', ['parent.mjs', way, 'json', '1', 'hear', 'silent'], { env })
    const plain = await run('node')
    for (let i = 0; i < 3; i++) {
      // Two processes print.
      expect((await run('register')).stdout.split('\n').sort()).toEqual(plain.stdout.split('\n').sort())
      await own.untilSettled()
    }
  })

  test('a worker of node:cluster is plain', async () => {
    await using own = new Sandbox(node, undefined, 'thaw')
    own.write('helper.mjs', 'export const helper = 1\n')
    own.write('app.mjs', `import cluster from 'node:cluster'
import './helper.mjs'
if (cluster.isPrimary) cluster.fork().on('message', console.log).on('online', () => console.log('online')).on('exit', (code) => console.log('exit', code))
else { process.send({ id: cluster.worker.id }); process.disconnect() }
`)
    const plain = await own.run('node', ['app.mjs'])
    for (let i = 0; i < 2; i++) {
      const outcome = await own.run('register', ['app.mjs'])
      expect(outcome.stdout).toBe(plain.stdout)
      expect(outcome.stderr).toContain('ipc-channel')
      await own.untilSettled()
    }
  })

  test('where runs are made by any engine, all after the first are warm, and after an edit from the second on', async () => {
    await using own = new Sandbox(node, undefined, 'any')
    own.write('node_modules/package/index.js', '')
    own.write('parent.mjs', parent)
    own.write('helper.mjs', `import 'package'\n${helper}`)
    own.write('child.mjs', child)
    const env = { REGISTER: path.join(own.distribution, 'register.js'), CLIENT: '' }
    const run = async (way: Way) => {
      const outcome = await own.run('node', ['parent.mjs', way, 'json', '1', 'chat', 'look'], { env })
      await own.untilSettled()
      return outcome
    }
    const { stdout } = await own.run('node', ['parent.mjs', 'node', 'json', '1', 'chat', 'look'], { env })
    const reasons: (string | undefined)[] = []
    for (let i = 0; i < 6; i++) {
      if (i === 2 || i === 4) own.write('child.mjs', `${child}// edit ${i}\n`)
      const outcome = await run('register')
      expect(outcome.stdout).toBe(stdout)
      reasons.push(/instastart: (warm|plain)/.exec(outcome.stderr)?.[1])
    }
    expect(reasons).toEqual(['plain', 'warm', 'plain', 'warm', 'warm', 'warm'])
  })

  test('beside other preloads, and once the event loop has begun, a child is plain and hears all', async () => {
    await using own = new Sandbox(node, undefined, 'thaw')
    own.write('preload.mjs', 'await new Promise((resolve) => setTimeout(resolve, 300))\n')
    own.write('parent.mjs', `import { fork } from 'node:child_process'
const child = fork('child.mjs', [], { execArgv: ['--import', './preload.mjs', ...process.argv.slice(2)] })
child.send('sent at once')
child.on('message', (message) => { console.log(message); child.disconnect() })
`)
    own.write('child.mjs', 'process.on(\'message\', (message) => process.send(message))\n')
    for (let i = 0; i < 3; i++) {
      const outcome = await own.run('node', ['parent.mjs', '--import', path.join(own.distribution, 'register.js')])
      expect(outcome.stdout).toBe('sent at once\n')
      expect(outcome.stderr).toContain('ipc-channel')
    }
  })

  test('a forked run would not have it: the program is plain', async () => {
    const env = { INSTASTART_ENGINE: 'fork' }
    await fork('register', 'json', 'hear', 'silent', 1, env)
    await sandbox.untilSettled()
    const outcome = await fork('register', 'json', 'hear', 'silent', 1, env)
    expect(plainReason(outcome)).toBe('inherited-descriptors')
  })
})
