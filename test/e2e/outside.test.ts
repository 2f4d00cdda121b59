// Tools by which a caller changes, limits or watches a process act on a thawed run as on plain Node: it is the process that they made.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { runProgram, startProgram } from '../support/program.js'
import { Sandbox, debugLine, plainReason } from '../support/sandbox.js'

/** What it sees of itself; its namespaces as far as they are not the caller's, which come as an argument. */
const seen = `import './helper.mjs'
import fs from 'node:fs'
import os from 'node:os'
const read = (file) => fs.readFileSync('/proc/self/' + file, 'utf8')
const stat = read('stat').split(') ')[1].split(' ')
const callers = JSON.parse(process.argv[2])
console.log(JSON.stringify({
  nice: os.getPriority(),
  limits: read('limits').replaceAll(/ +/g, ' '),
  status: read('status').split('\\n').filter((line) => /^(Uid|Gid|Groups|Cap\\w+|NoNewPrivs|Seccomp|Cpus_allowed_list|Sig\\w+):/.test(line) && !/^SigQ/.test(line)),
  otherNamespaces: fs.readdirSync('/proc/self/ns').filter((name) => fs.readlinkSync('/proc/self/ns/' + name) !== callers[name]),
  cgroup: read('cgroup'),
  killedFirst: read('oom_score_adj'),
  policy: stat[38],
  leadsSession: Number(stat[3]) === process.pid,
  isFirst: process.pid < 10,
  umask: process.umask(),
}))
`

const burner = `import './helper.mjs'
const end = performance.now() + 400
while (performance.now() < end);
console.log(process.pid)
`

const waiter = `import './helper.mjs'
console.log('waiting')
process.stdin.on('data', (text) => console.log('got ' + text)).on('end', () => console.log('ended'))
`

const isAble = (...command: [string, ...string[]]) => spawnSync(command[0], [...command.slice(1), 'true'], { stdio: 'ignore' }).status === 0
const isInstalled = (tool: string) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0

const namespaces = Object.fromEntries(fs.readdirSync('/proc/self/ns').map((name) => [name, fs.readlinkSync(`/proc/self/ns/${name}`)]))

const unshared = ['--user', '--map-root-user', '--net', '--uts']

const wrappers: [string, ...string[]][] = [
  ['nice', '-n', '5'],
  ['taskset', '-c', '0'],
  ['chrt', '--batch', '0'],
  ['choom', '-n', '500', '--'],
  ['prlimit', '--nofile=200:300', '--core=0', '--stack=4000000'],
  ['setpriv', '--no-new-privs'],
  ['setsid', '-w'],
  ['timeout', '60'],
  ['unshare', ...unshared],
  ['bwrap', '--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc', '--unshare-pid', '--unshare-ipc', 'env', '-u', 'PWD'],
]

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node, undefined, 'thaw')
    sandbox.write('helper.mjs', '')
    for (const [name, text] of Object.entries({ seen, burner, waiter })) sandbox.write(`${name}.mjs`, text)
    await sandbox.warmUp('client', ['seen.mjs', '{}'])
    await sandbox.warmUp('client', ['burner.mjs'])
    // Its stdin stays open, which is another kind of descriptor.
    await sandbox.warmUp('client', ['waiter.mjs'], { stdin: '' })
  })
  afterAll(() => sandbox.dispose())

  const shell = (script: string, args: readonly string[]) => runProgram('/bin/bash', ['-c', `unset PWD; ${script}`, 'bash', ...sandbox.command('client', args)], {
    cwd: sandbox.project, env: sandbox.env(),
  })

  describe.each(wrappers)('%s', (...wrapper) => {
    test.runIf(isAble(...wrapper))(`(where it is installed and allowed: ${wrapper.join(' ')}) a run sees what plain Node sees`, async () => {
      const run = (env: Record<string, string>) => {
        const [command, ...args] = [...wrapper, ...sandbox.command('client', ['seen.mjs', JSON.stringify(namespaces)])] as [string, ...string[]]
        return runProgram(command, args, { cwd: sandbox.project, env: sandbox.env(env) })
      }
      const plain = await run({ INSTASTART: '0' })
      const warm = await run({})
      expect(debugLine(warm)).toMatch(/^warm run, thawed/)
      expect(plain.status).toBe(0)
      expect(JSON.parse(warm.stdout)).toEqual(JSON.parse(plain.stdout))
    })
  })

  test.runIf(isAble('unshare', ...unshared))('unshare (where it is allowed): a run that could only be forked is not had from outside of the caller\'s namespaces', async () => {
    await using own = new Sandbox(node, undefined, 'fork')
    own.write('helper.mjs', '')
    own.write('seen.mjs', seen)
    const run = () => own.run('client', ['seen.mjs', JSON.stringify(namespaces)])
    await own.warmUp('client', ['seen.mjs', '{}'])
    expect(debugLine(await run())).toMatch(/^warm run/)
    own.wrapper = ['unshare', ...unshared]
    const outcome = await run()
    expect(plainReason(outcome)).toBe('attributes')
    expect(JSON.parse(outcome.stdout)).toMatchObject({ otherNamespaces: expect.arrayContaining(['net', 'user', 'uts']) as string[] })
    own.wrapper = ['nice', '-n', '3']
    const nicer = await run()
    expect(plainReason(nicer)).toBe('attributes')
    expect(JSON.parse(nicer.stdout)).toMatchObject({ nice: 3 })
  })

  test.runIf(isAble('bwrap', '--bind', '/', '/', '--unshare-pid'))('bwrap (where it is installed and allowed): no zygote is left in a sandbox that waits for all of its processes', async () => {
    await using own = new Sandbox(node)
    own.write('app.mjs', 'import \'./helper.mjs\'\nconsole.log(1)\n')
    own.write('helper.mjs', '')
    for (const more of [[], ['--new-session']]) {
      own.wrapper = ['bwrap', '--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc', '--unshare-pid', ...more]
      const outcome = await own.run('client', ['app.mjs'])
      expect(outcome).toMatchObject({ status: 0, stdout: '1\n' })
      expect(plainReason(outcome)).toBe('passing-sandbox')
      expect(own.processes()).toEqual([])
    }
  })

  test.runIf(isAble('bwrap', '--bind', '/', '/', '--unshare-pid'))('bwrap (where it is installed and allowed): commands in a sandbox share a zygote, which ends with the first of them', async () => {
    await using own = new Sandbox(node)
    own.write('app.mjs', 'import \'./helper.mjs\'\nconsole.log(1)\n')
    own.write('helper.mjs', '')
    own.write('slow.mjs', 'import \'./endless.mjs\'\n')
    own.write('endless.mjs', 'if (/^instastart/.test(process.getBuiltinModule(\'fs\').readFileSync(\'/proc/self/cmdline\'))) await new Promise((resolve) => setTimeout(resolve, 100000))\n')
    for (const more of [[], ['--new-session']]) {
      own.wrapper = ['bwrap', '--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc', '--unshare-pid', ...more, 'bash', '-c']
      const script = 'for i in {1..400}; do "$0" app.mjs 2>&1 | grep "warm run" && break; sleep .05; done; "$0" slow.mjs'
      const outcome = await startProgram(own.wrapper[0]!, [...own.wrapper.slice(1), script, path.join(own.distribution, 'instastart')], { cwd: own.project, env: own.env() }).ended
      expect(outcome).toMatchObject({ status: 0 })
      expect(outcome.stdout).toMatch(/warm run/)
      expect(own.processes()).toEqual([])
    }
  })

  // Both ends of a pipe, which Node has of its own, too.
  test.each(['thaw', 'fork'] as const)('make\'s tokens are taken and given back, by descriptors 3 and 4, with INSTASTART_ENGINE=%s', async (engine) => {
    await using own = new Sandbox(node, undefined, engine)
    own.write('app.mjs', 'import fs from \'node:fs\'\nconst token = Buffer.alloc(1)\nconsole.log(fs.readSync(3, token), String(token), fs.writeSync(4, token))\n')
    own.wrapper = ['bash', '-c', 'mkfifo fifo; exec 5<>fifo 3<fifo 4>fifo 5>&-; printf x >&4; "$@"; head -c 1 <&3; rm fifo', 'sh']
    for (const way of ['register', 'client'] as const) {
      for (let i = 0; i < 3; i++) {
        const outcome = await own.run(way, ['app.mjs'])
        expect(outcome).toMatchObject({ stdout: '1 x 1\nx', status: 0 })
        if (i === 2) expect(debugLine(outcome)).toMatch(engine === 'thaw' ? /^warm run, thawed/ : /^plain run: inherited-descriptors/)
        await own.untilSettled()
      }
    }
  })

  test('$! of a shell is process.pid', async () => {
    const outcome = await shell('"$@" & echo $!; wait', ['burner.mjs'])
    expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
    const [first, second] = outcome.stdout.trim().split('\n')
    expect(second).toBe(first)
  })

  test('time shows the processor time of the run', async () => {
    const outcome = await shell('TIMEFORMAT="%U used"; time "$@"', ['burner.mjs'])
    expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
    // It computes for 0.4 s by the clock, of which it may not get all.
    expect(Number(/([\d.]+) used/.exec(outcome.stderr)?.[1])).toBeGreaterThan(0.1)
  })

  test.runIf(isInstalled('strace'))('strace -f (where it is installed) shows its system calls', async () => {
    const file = path.join(sandbox.directory, 'trace')
    const outcome = await shell(`exec strace -f -e trace=write -o ${file} "$@"`, ['burner.mjs'])
    expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
    expect(outcome.status).toBe(0)
    expect(fs.readFileSync(file, 'utf8')).toContain(`write(1, "${outcome.stdout.trim()}\\n"`)
  })

  test.runIf(isInstalled('gdb'))('gdb (where it is installed) attaches to it, and lets it go', async () => {
    const run = sandbox.start('client', ['waiter.mjs'], { stdio: ['pipe', 'pipe', 'pipe'] })
    await run.hasPrinted('waiting')
    const debuggers = await runProgram('gdb', ['-nx', '-batch', '-ex', 'info symbol $pc', '-ex', 'bt 3', '-ex', 'detach', '-p', String(run.child.pid), node.execPath], {
      cwd: sandbox.directory, env: { PATH: process.env.PATH ?? '', HOME: sandbox.directory, DEBUGINFOD_URLS: '' }, timeoutMs: 60_000,
    })
    expect(debuggers.status, debuggers.stderr).toBe(0)
    expect(debuggers.stdout).toMatch(/epoll_p?wait/)
    run.child.stdin?.end('text')
    const outcome = await run.ended
    expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
    expect(outcome.stdout).toBe('waiting\ngot text\nended\n')
  })
})
