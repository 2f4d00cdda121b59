// The client's own process becomes the run: what only this engine has, and what it has to be careful with.
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statusOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { recordFigure, sampled, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram, type Outcome } from '../support/program.js'
import { Sandbox, debugLine, plainReason, warmWays, withoutDebugLines } from '../support/sandbox.js'
import { stress } from '../support/stress.js'

const runs = scaled(2500, 20)

const program = `import './helper.mjs'
import { bodies } from './bodies.mjs'
for (const name of process.argv.slice(2)) console.log(name, JSON.stringify(await bodies[name]()))
`

const bodies = `import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import { Worker } from 'node:worker_threads'
const read = (file) => fs.readFileSync(file, 'latin1')
const depth = () => {
  let deepest = 0
  const call = () => { deepest++; call() }
  try { call() } catch (error) { return [error.message, deepest > 5000] }
}
export const bodies = {
  commandLine: () => read('/proc/self/cmdline').split('\\0'),
  environment: () => read('/proc/self/environ').split('\\0').filter((line) => line.startsWith('SEEN')),
  family: () => [process.ppid === Number(/\\) \\w (\\d+)/.exec(read('/proc/self/stat'))[1]), process.pid === Number(read('/proc/self/stat').split(' ')[0])],
  labels: () => ['heap', 'stack', 'vdso'].map((name) => read('/proc/self/maps').includes('[' + name + ']')),
  limits: () => read('/proc/self/limits').replaceAll(/ +/g, ' '),
  // Not the number of threads: V8's are started when there is work for them.
  status: () => read('/proc/self/status').split('\\n').filter((line) => /^(SigBlk|SigIgn|Seccomp|NoNewPrivs|Cpus_allowed|Groups):/.test(line)),
  recursion: depth,
  // More than the break and the young generation hold, in small pieces and in large ones.
  allocation: () => {
    const small = Array.from({ length: 300_000 }, (_, i) => ({ i, text: 'text ' + i }))
    const large = Array.from({ length: 40 }, () => Buffer.alloc(3_000_000, 7))
    return [small.length, large.reduce((sum, { length }) => sum + length, 0)]
  },
  resizing: () => {
    let text = Buffer.alloc(0)
    for (let i = 0; i < 200; i++) text = Buffer.concat([text, Buffer.alloc(10_000, i)])
    return text.length
  },
  worker: async () => {
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(Array.from({ length: 1000 }, (_, i) => i * i).at(-1))', { eval: true })
    return (await once(worker, 'message'))[0]
  },
  wasm: async () => {
    const bytes = Buffer.from('0061736d0100000001070160027f7f017f03020100070701036164640000' + '0a09010700200020016a0b', 'hex')
    return (await WebAssembly.instantiate(bytes)).instance.exports.add(20, 22)
  },
  spawn: () => execFileSync('/bin/echo', ['spawned'], { encoding: 'utf8' }),
  network: async () => {
    const server = http.createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const text = await (await fetch('http://127.0.0.1:' + server.address().port + '/path')).text()
    server.close()
    server.closeAllConnections()
    return text
  },
  // By name, for Node has others, of its own: here, and in a child.
  descriptors: () => {
    const targets = (id) => fs.readdirSync('/proc/' + id + '/fd').flatMap((fd) => {
      try {
        return [[Number(fd), fs.readlinkSync('/proc/' + id + '/fd/' + fd)]]
      } catch {
        return [] // That of the list itself.
      }
    })
    const isNodes = ([fd, target]) => fd <= 2 || !target.startsWith('/') || target.startsWith('/proc') || (target === '/dev/null' && fd !== 50)
    const named = (list) => list.filter((each) => !isNodes(each)).sort(([a], [b]) => a - b)
    const child = execFileSync(process.execPath, ['-p', 'const fs = require("node:fs"); JSON.stringify((' + targets + ')("self"))'], { encoding: 'utf8' })
    return [named(targets('self')), named(JSON.parse(child))]
  },
  processors: () => os.availableParallelism(),
  title: () => [process.title, (process.title = 'other', process.title), read('/proc/self/comm').trim()],
}
`

const env = { SEEN_A: '1', SEEN_B: 'two words' }

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node, undefined, 'thaw')
    sandbox.write('app.mjs', program)
    sandbox.write('helper.mjs', 'export const helper = 1\n')
    sandbox.write('bodies.mjs', bodies)
    await sandbox.warmUp('client', ['app.mjs'], { env })
  })
  afterAll(() => sandbox.dispose())

  const plainly = (outcome: Outcome) => ({ ...outcome, stderr: withoutDebugLines(outcome.stderr), ms: 0 })

  test.each([
    'environment', 'family', 'labels', 'limits', 'status', 'recursion', 'allocation', 'resizing', 'processors', 'title',
  ])('%s: as in plain Node', async (name) => {
    const plain = await sandbox.run('node', ['app.mjs', name], { env })
    const warm = await sandbox.run('client', ['app.mjs', name], { env })
    expect(debugLine(warm)).toMatch(/^warm run, thawed/)
    expect(plainly(warm)).toEqual(plainly(plain))
  })

  test('the command line is that of the plain run that it stands for', async () => {
    const args = ['app.mjs', 'commandLine', 'title']
    const plain = await sandbox.run('client', args, { env: { ...env, INSTASTART: '0' } })
    const warm = await sandbox.run('client', args, { env })
    expect(debugLine(warm)).toMatch(/^warm run, thawed/)
    expect(warm.stdout).toBe(plain.stdout)
  })

  describe.each(warmWays)('descriptors of the caller\'s, by %s', (way) => {
    const command = (more: Record<string, string> = {}) => {
      const [file, ...args] = sandbox.command(way, ['app.mjs', 'descriptors'])
      return async (redirections: string) => {
        const outcome = await runProgram('/bin/bash', ['-c', `${redirections}; exec "$@"`, 'bash', file, ...args], { cwd: sandbox.project, env: sandbox.env({ ...env, ...more }) })
        return { ...outcome, reason: plainReason(outcome) }
      }
    }

    test.each([
      'exec 3< helper.mjs', 'exec 3< helper.mjs 4>&1 5< <(cat bodies.mjs) 50</dev/null', 'exec 255< helper.mjs',
      'for fd in {3..34}; do eval "exec $fd< helper.mjs"; done', 'exec 16< helper.mjs',
    ])('%s: a warm run has them where plain Node has them, and its children have those that plain Node\'s have', async (redirections) => {
      const plain = await command({ INSTASTART: '0' })(redirections)
      const outcome = await command()(redirections)
      expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
      expect(outcome.stdout).toBe(plain.stdout)
      expect(plain.stdout).toContain('helper.mjs')
    })

    test('in the place of one of Node\'s mean a plain run, which has them', async () => {
      const outcome = await command()('for fd in {60..120}; do eval "exec $fd< helper.mjs"; done')
      expect(outcome).toMatchObject({ status: 0, reason: 'thaw', stdout: expect.stringContaining('helper.mjs') as string })
    })
  })

  // The first is seen before anything is done, the second only when the kernel refuses a mapping, and what was is gone.
  // Plain Node starts with so little in some versions only, and what V8 says then comes from the plain run that takes over.
  test.each(['--as=300000000', '--data=60000000'])('with little memory allowed (prlimit %s) a run is what plain Node is', async (limit) => {
    const [file, ...args] = sandbox.command('client', ['app.mjs', 'environment'])
    const limited = (more: Record<string, string>) => runProgram('prlimit', ['--core=0', limit, file, ...args], {
      cwd: sandbox.project, env: sandbox.env({ ...env, ...more }),
    })
    const plain = await limited({ INSTASTART: '0' })
    const outcome = await limited({})
    const { status, signal, stdout } = plain
    expect(outcome).toMatchObject({ status, signal, stdout })
  })

  test('a library that counts on discarded pages being zero means a forked run', async () => {
    await using own = new Sandbox(node, undefined, 'any')
    own.write('app.mjs', 'import \'./helper.mjs\'\nconsole.log(1)\n')
    own.write('helper.mjs', '')
    own.write('library.c', '#include <sys/mman.h>\nint discard(void *at) { return madvise(at, 4096, MADV_DONTNEED); }\n')
    const library = path.join(own.project, 'library.so')
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, path.join(own.project, 'library.c')])
    await own.warmUp('client', ['app.mjs'], { env: { LD_PRELOAD: library } })
    await until('the reason', async () => JSON.stringify(await statusOf(own)).includes(`discards-pages: ${library}`))
    const outcome = await own.run('client', ['app.mjs'], { env: { LD_PRELOAD: library } })
    expect(outcome.stdout).toBe('1\n')
    expect(debugLine(outcome)).toMatch(/^warm run, \d+ ms/)
  })

  // Without randomized addresses the client's lie where the image's do.
  const layouts: [name: string, wrapper: readonly string[]][] = [['at random addresses', []], ['at fixed addresses', ['setarch', '-R']]]
  test.each(sampled(layouts, node))(`${runs} runs %s with more in flight than processors all do the same`, async (_, wrapper) => {
    await using own = new Sandbox(node, undefined, 'thaw')
    own.wrapper = wrapper
    own.write('app.mjs', program)
    own.write('helper.mjs', '')
    own.write('bodies.mjs', bodies)
    const args = ['app.mjs', 'recursion', 'allocation', 'resizing', 'family', 'worker', 'wasm', 'spawn', 'network']
    const { stdout } = await own.run('client', args, { env: { INSTASTART: '0' } })
    expect(stdout.trim().split('\n')).toHaveLength(args.length - 1)
    await own.warmUp('client', args)
    const { warm, wrong } = await stress(own, 'client', args, runs, stdout)
    expect(wrong).toEqual([])
    expect(warm).toBe(runs)
    recordFigure({ node: node.version, what: `${runs} thawed runs ${wrapper.length > 0 ? 'at fixed addresses' : 'at random addresses'}`, value: `${warm} warm, ${wrong.length} wrong` })
  }, 2_400_000)
})
