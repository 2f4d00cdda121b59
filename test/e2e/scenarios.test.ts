// At a terminal, in a shell with job control: what plain Node, thawed and would-be forked runs show and do, side by side.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { sampled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, warmWays, type Engine, type Way } from '../support/sandbox.js'
import { ShellTerminal, keys } from '../support/terminal.js'
import { forgetPlainRuns, killAll, plainReasonsOf, processesOf } from '../support/zygotes.js'

interface Place {
  shell: ShellTerminal
  project: string
}

/** What the user does; what is returned is compared, too. */
type Scenario = (place: Place) => Promise<unknown>

const statusOfLast = 'echo "status $?"'
// Not `kill -0`: whoever adopts the orphans of this machine may take its time to reap them.
const untilGone = 'while grep -qs "^State:.[^ZX]" /proc/$(cat pid)/status; do sleep 0.05; done; echo gone'
const modes = 'stty -a | grep -oE -- "-?(icanon|echo|isig|icrnl|opost)\\b" | tr "\\n" " "; echo'
// All of its threads: only when the last one has stopped is the shell told.
const untilState = (state: string) => `while grep -L "^State:.${state}" /proc/$!/task/*/status | grep -q .; do sleep 0.05; done`
const untilReady = 'while ! test -s pid; do sleep 0.05; done'
const inBackground = `app sleep > out.txt & ${untilReady}`

const ready = async ({ shell }: Place, command: string) => {
  shell.enter(command)
  await shell.shows('ready')
}

const endsBy = async (shell: ShellTerminal, key: string) => {
  shell.type(key)
  await shell.prompted()
  await shell.command(statusOfLast)
}

const pidIn = (project: string) => Number(fs.readFileSync(path.join(project, 'pid'), 'utf8'))
const untilPid = (project: string) => until('its pid', () => fs.existsSync(path.join(project, 'pid')) && pidIn(project) > 0)
const isThere = (pid: number) => fs.existsSync(`/proc/${pid}/exe`)

/** Before that the terminal's signals are the shell's (proc_pid_stat(5): pgrp, tpgid). */
const untilInFront = (pid: number) => until('the job in front', () => {
  const [, , group, , , inFront] = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/.*\) /s, '').split(' ')
  return group === inFront
})

/** Of a program in a shell whose terminal is closed: whether it goes on; then it is ended. */
const afterClosing = async ({ shell, project }: Place) => {
  await untilPid(project)
  const pid = pidIn(project)
  shell.close()
  await shell.ended
  // A hang-up takes no time worth mentioning, but there is nothing to wait for where it changes nothing.
  await until('the end of the program', () => !isThere(pid), 1000).catch(() => undefined)
  const goesOn = isThere(pid)
  if (goesOn) process.kill(pid, 'SIGKILL')
  await until('its end', () => !isThere(pid))
  return { goesOn, out: fs.existsSync(path.join(project, 'out.txt')) && fs.readFileSync(path.join(project, 'out.txt'), 'utf8') }
}

const littleMemory = '--max-old-space-size=40'

const commands = (...all: string[]): Scenario => async ({ shell }) => {
  for (const each of all) await shell.command(each)
}

const scenarios: Record<string, Scenario> = {
  'Ctrl-C ends it, and the loop it is in': async (place) => {
    const { shell } = place
    await ready(place, 'for i in 1 2 3; do app sleep; done')
    await endsBy(shell, keys.interrupt)
    await ready(place, 'app sleep')
    await endsBy(shell, keys.interrupt)
  },
  'Ctrl-C with a handler, twice': async (place) => {
    const { shell } = place
    await ready(place, 'app handle SIGINT 2')
    shell.type(keys.interrupt)
    await shell.shows('caught')
    shell.type(keys.interrupt)
    await shell.shows('caught')
    await shell.prompted()
    await shell.command(statusOfLast)
  },
  'Ctrl-C ends what it started, too': async (place) => {
    const { shell } = place
    await ready(place, 'app family')
    await endsBy(shell, keys.interrupt)
    await shell.command(untilGone)
  },
  'Ctrl-Z, jobs, fg': async (place) => {
    const { shell } = place
    await ready(place, 'app echo')
    shell.type('one\n')
    await shell.shows('got one')
    await endsBy(shell, keys.suspend)
    await shell.command('jobs')
    await shell.command(modes)
    shell.enter('fg')
    await shell.shows('app echo')
    shell.type('two\n')
    await shell.shows('got two')
    await endsBy(shell, keys.endOfFile)
  },
  'Ctrl-Z in a line editor': async (place) => {
    const { shell } = place
    shell.enter('app prompt')
    await shell.shows('? ')
    shell.type(`one${keys.enter}`)
    await shell.shows('got one')
    await shell.shows('? ')
    shell.type(keys.suspend)
    await shell.prompted()
    await shell.command(modes)
    shell.enter('fg')
    // Node's own, and the program's.
    await shell.shows('? ')
    await shell.shows('? ')
    shell.type(`two${keys.enter}`)
    await shell.shows('got two')
    await shell.shows('? ')
    await endsBy(shell, keys.endOfFile)
    await shell.command(modes)
  },
  'Ctrl-Z, bg': async (place) => {
    const { shell } = place
    await ready(place, 'app work made.txt')
    shell.type(keys.suspend)
    await shell.prompted()
    await shell.command('sleep 0.5; ls made.txt')
    await shell.command('bg')
    await shell.command('while ! test -e made.txt; do sleep 0.05; done; jobs')
    shell.enter('fg')
    await untilInFront(pidIn(place.project))
    await endsBy(shell, keys.interrupt)
  },
  'in the background it may not read, and takes no keys': async ({ shell }) => {
    await shell.command('app echo > out.txt &')
    await shell.command('while ! test -s out.txt; do sleep 0.05; done')
    // Node reads once there is something, and the shell does not while it waits.
    shell.enter(untilState('T'))
    shell.enter('echo keys of the shell')
    await shell.prompted()
    await shell.prompted()
    await shell.command('jobs')
    await shell.command('kill -KILL $!; while kill -0 $! 2>/dev/null; do sleep 0.05; done')
    await shell.command('cat out.txt')
  },
  'Ctrl-\\': async (place) => {
    await place.shell.command('ulimit -c 0')
    await ready(place, 'app sleep')
    await endsBy(place.shell, keys.quit)
  },
  'Ctrl-D at a prompt': async ({ shell }) => {
    shell.enter('app prompt')
    await shell.shows('? ')
    shell.type(keys.endOfFile)
    await shell.shows('closed')
    await shell.prompted()
    await shell.command(statusOfLast)
  },
  'Ctrl-S and Ctrl-Q': async (place) => {
    const { shell } = place
    await ready(place, 'app echo')
    shell.type(`${keys.stop}one\n`)
    await setTimeout(300)
    const held = shell.transcript
    shell.type(keys.start)
    await shell.shows('got one')
    shell.type(keys.endOfFile)
    await shell.prompted()
    return held
  },
  'a resize': async ({ shell }) => {
    shell.enter('app sizes')
    await shell.shows('80 x 24')
    shell.resize(100, 30)
    await shell.shows('100 x 30')
    shell.resize(40, 10)
    await shell.shows('40 x 10')
    await shell.prompted()
  },
  'an arrow-key menu': async ({ shell }) => {
    shell.enter('app menu')
    await shell.shows('red')
    for (const [key, choice] of [[keys.down, 'green'], [keys.down, 'blue'], [keys.up, 'green'], [keys.enter, 'chose green']] as const) {
      shell.type(key)
      await shell.shows(choice)
    }
    await shell.prompted()
    await shell.command(modes)
  },
  'raw mode is over after a throw and an exit': commands('app raw throw 2>/dev/null', statusOfLast, modes, 'app raw exit', statusOfLast, modes),
  'raw mode and kill -9': async (place) => {
    const { shell, project } = place
    await ready(place, 'app raw')
    process.kill(pidIn(project), 'SIGKILL')
    await shell.prompted()
    await shell.command(statusOfLast)
    await shell.command(modes)
  },
  'a password from /dev/tty, with all else redirected': async ({ shell }) => {
    shell.enter('app password < /dev/null > out.txt 2>&1')
    await shell.shows('Password: ')
    shell.type(`secret${keys.enter}`)
    await shell.prompted()
    await shell.command('cat out.txt')
    await shell.command(modes)
  },
  'a child that asks at /dev/tty': async ({ shell }) => {
    shell.enter('app askingChild')
    await shell.shows('Name: ')
    shell.type('somebody\n')
    await shell.shows('child 0: somebody')
    await shell.prompted()
  },
  'a shell with jobs of its own, inside': async ({ shell, project }) => {
    shell.enter('app shell')
    await shell.shows('inner> ')
    shell.enter('sh -c \'echo $$ > pid; exec sleep 60\'')
    await untilPid(project)
    await untilInFront(pidIn(project))
    shell.type(keys.suspend)
    await shell.shows('inner> ')
    shell.enter('jobs')
    await shell.shows('inner> ')
    shell.enter('fg')
    await untilInFront(pidIn(project))
    shell.type(keys.interrupt)
    await shell.shows('inner> ')
    shell.enter('exit 3')
    await shell.shows('shell 3')
    await shell.prompted()
  },
  'a child that reads': async ({ shell }) => {
    shell.enter('app reader; echo "after"')
    shell.type('typed\n')
    await shell.shows('child got typed')
    await shell.shows('child 0')
    await shell.prompted()
  },
  'pipelines': commands(
    'app lines 100000 2>/dev/null | head -1; echo "statuses ${PIPESTATUS[@]}"',
    'head -c 50000000 /dev/zero | app copy | wc -c; echo "statuses ${PIPESTATUS[@]}"',
    'app copy < input.txt',
    'app both > out.txt 2>&1; cksum < out.txt; wc -l < out.txt',
    'app both 2>/dev/null | cksum',
    'app echo 0<&-; echo "status $?"',
  ),
  'its terminal is closed': async (place) => {
    await ready(place, 'app sleep')
    return afterClosing(place)
  },
  'its terminal is closed, and it has a handler': async (place) => {
    place.shell.enter('app handle SIGHUP 1 > out.txt')
    return afterClosing(place)
  },
  'nohup': async (place) => {
    await place.shell.command(`nohup app sleep > out.txt 2>&1 & ${untilReady}`)
    return afterClosing(place)
  },
  'disown': async (place) => {
    await place.shell.command(`${inBackground}; disown`)
    return afterClosing(place)
  },
  'kill': async ({ shell }) => {
    for (const signal of ['TERM', 'USR2', '9']) {
      await shell.command('rm -f pid')
      await shell.command(inBackground)
      await shell.command('test $(cat pid) = $!; echo "same $?"')
      await shell.command(`kill -${signal} $!; wait $!; echo "status $?"`)
    }
  },
  'kill -STOP and -CONT': async ({ shell }) => {
    await shell.command(inBackground)
    await shell.command(`kill -STOP $!; ${untilState('T')}`)
    await shell.command('jobs')
    await shell.command(`kill -CONT $!; ${untilState('[SR]')}`)
    await shell.command('jobs')
    await shell.command('kill $!; wait $!; echo "status $?"')
  },
  'timeout': commands('timeout 1 app sleep; echo "status $?"', 'timeout -s KILL 1 app sleep; echo "status $?"'),
  'statuses': commands(
    'ulimit -c 0',
    ...['0', '1', '7', '255', '256', '-1', 'throw', 'reject', 'abort', 'kill'].map((how) => `(app end ${how}) 2>/dev/null; echo "status $?"`),
    `(NODE_OPTIONS=${littleMemory} app end memory) 2>/dev/null; echo "status $?"`,
  ),
  'time': commands('TIMEFORMAT=%U; { time app busy; } 2>&1 | awk \'{ print ($1 >= 0.3) }\''),
  'in script and xargs': commands(
    'script -qec "app lines 3" /dev/null; echo "status $?"',
    'echo 1 2 3 4 5 6 | xargs -P 3 -n 1 app lines | wc -l',
    'echo 1 3 | xargs -n 1 app end; echo "status $?"',
    '(for i in 1 2 3; do app lines 3 > $i.txt & done; wait); cat [123].txt',
  ),
  'ten thousand lines, to a terminal, a pipe and a file': commands(
    'app lines 10000', 'app linesThenExit 10000; echo "status $?"', 'app lines 10000 | cksum', 'app linesThenExit 10000 > out.txt; cksum < out.txt',
  ),
  'keys that are typed ahead': async ({ shell }) => {
    shell.enter('app late')
    shell.type('early\n')
    await shell.shows('got early')
    await shell.prompted()
  },
}

/** What differs between any two runs. */
const normalized = (text: string) => text
  .replaceAll(/\[(\d+)\] +\d+$/gm, '[$1] PID')
  .replaceAll(/line \d: +\d+ (Killed|Terminated)/g, 'PID $1')

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node, 'scenarios', 'thaw')
    await sandbox.warmUp('client', ['app.mjs', 'nothing'])
    await sandbox.warmUp('client', ['app.mjs', 'nothing'], { env: { NODE_OPTIONS: littleMemory } })
  })
  afterAll(() => sandbox.dispose())

  const left = () => processesOf(sandbox.runtime).filter(({ title }) => !title.startsWith('instastart '))

  const play = async (way: Way, engine: Engine, scenario: Scenario) => {
    sandbox.engine = engine
    const bin = path.join(sandbox.directory, 'bin')
    fs.rmSync(bin, { recursive: true, force: true })
    fs.mkdirSync(bin)
    // For shells tell of their jobs by name.
    fs.writeFileSync(path.join(bin, 'app'), `#!/bin/sh\nexec ${sandbox.command(way, ['app.mjs']).join(' ')} "$@"\n`, { mode: 0o755 })
    for (const name of ['pid', 'out.txt', 'made.txt']) fs.rmSync(path.join(sandbox.project, name), { force: true })
    sandbox.write('input.txt', 'input\n')
    const env = sandbox.env({ INSTASTART_DEBUG: '' })
    const shell = new ShellTerminal({ cwd: sandbox.project, env: { ...env, PATH: `${bin}:${env.PATH ?? ''}` } })
    try {
      await shell.prompted()
      const returned = await scenario({ shell, project: sandbox.project })
      shell.enter('exit')
      await shell.ended
      return { transcript: normalized(shell.transcript), returned, left: left().map(({ title }) => title) }
    } finally {
      killAll(left())
    }
  }

  test.each(sampled(Object.keys(scenarios), node))('%s', { timeout: 120_000 }, async (name) => {
    const scenario = scenarios[name]!
    const plain = await play('node', 'any', scenario)
    for (const way of warmWays) {
      forgetPlainRuns(sandbox.runtime)
      expect(await play(way, 'thaw', scenario), way).toEqual(plain)
      expect(plainReasonsOf(sandbox.runtime)).toEqual([])
    }
    expect(await play('client', 'fork', scenario), 'fork').toEqual(plain)
    expect([...new Set(plainReasonsOf(sandbox.runtime))]).toEqual(['terminal'])
  })

  test('after an edit, too, it is thawed: the run waits for the image of the new zygote', { timeout: 120_000 }, async () => {
    await using own = new Sandbox(node, undefined, 'any')
    own.write('node_modules/package/package.json', '{ "name": "package", "type": "module", "exports": "./index.js" }')
    own.write('node_modules/package/index.js', '')
    own.write('app.mjs', `import fs from 'node:fs'
import 'package'
import { value } from './own.mjs'
console.log(fs.readFileSync('/proc/self/maps', 'latin1').includes('/memfd:instastart') ? 'thawed' : 'not thawed', String(value))
`)
    const edit = (value: number) => own.write('own.mjs', `export const value = ${value}\n`)
    edit(0)
    const env = own.env({ INSTASTART_DEBUG: '' })
    const shell = new ShellTerminal({ cwd: own.project, env: { ...env, PATH: `${own.distribution}:${env.PATH ?? ''}` } })
    await shell.prompted()
    // The first run after the first edit makes the base.
    for (let i = 0; i < 3; i++) {
      edit(i)
      await shell.command('instastart app.mjs')
      await own.untilSettled()
    }
    const reasons = plainReasonsOf(own.runtime)
    for (let i = 10; i < 15; i++) {
      edit(i)
      shell.enter('instastart app.mjs')
      await shell.shows(`\nthawed ${i}`)
      await shell.prompted()
    }
    expect(plainReasonsOf(own.runtime)).toEqual(reasons)
    shell.enter('exit')
    await shell.ended
  })
})
