// The client's own process becomes the run: what only this engine has, and what it has to be careful with.
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram, type Outcome } from '../support/program.js'
import { Sandbox, debugLine, plainReason, withoutDebugLines } from '../support/sandbox.js'
import { stress } from '../support/stress.js'

const runs = scaled(5000, 40)

const program = `import './helper.mjs'
import { bodies } from './bodies.mjs'
for (const name of process.argv.slice(2)) console.log(name, JSON.stringify(await bodies[name]()))
`

const bodies = `import fs from 'node:fs'
import os from 'node:os'
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
  processors: () => os.availableParallelism(),
  title: () => [process.title, (process.title = 'other', process.title), read('/proc/self/comm').trim()],
}
`

/** Of nearly every run, for another environment is another zygote. */
const env = { SEEN_A: '1', SEEN_B: 'two words' }

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node, undefined, 'thaw')
    sandbox.write('app.mjs', program)
    sandbox.write('helper.mjs', 'export const helper = 1\n')
    sandbox.write('bodies.mjs', bodies)
    await sandbox.warmUp('client', ['app.mjs'], { env })
    await sandbox.warmUp('client', ['app.mjs'])
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

  test('a descriptor of the caller\'s in the way means a plain run, which has it', async () => {
    const [file, ...args] = sandbox.command('client', ['app.mjs', 'processors'])
    const outcome = await runProgram('/bin/bash', ['-c', `exec 5< helper.mjs; exec ${[file, ...args].join(' ')}`], { cwd: sandbox.project, env: sandbox.env(env) })
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringContaining('processors') as string })
    expect(plainReason(outcome)).toBe('inherited-descriptors')
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
    await until('the reason', async () => (await runProgram(process.execPath, [path.join(own.distribution, 'cli.js'), 'status'], { cwd: own.project, env: own.env() })).stdout.includes(`by fork: discards-pages: ${library}`))
    const outcome = await own.run('client', ['app.mjs'], { env: { LD_PRELOAD: library } })
    expect(outcome.stdout).toBe('1\n')
    expect(debugLine(outcome)).toMatch(/^warm run, \d+ ms/)
  })

  test(`${runs} runs with more in flight than processors, which allocate and recurse, all do the same`, async () => {
    const args = ['app.mjs', 'recursion', 'allocation', 'resizing', 'family']
    const { stdout } = await sandbox.run('client', args, { env: { ...env, INSTASTART: '0' } })
    const { warm, wrong } = await stress(sandbox, 'client', args, runs, stdout)
    expect(wrong).toEqual([])
    expect(warm).toBe(runs)
  }, 1_200_000)
})
