// People at terminals: keys, resizes, stops and kills in any order. What they leave is a shell that hears every key, and nothing else.
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { statusOf } from '../support/commands.js'
import { until } from '../support/conditions.js'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { randomBy } from '../support/random.js'
import { Sandbox, warmWays } from '../support/sandbox.js'
import { ShellTerminal, keys } from '../support/terminal.js'
import { killAll, plainReasonsOf, processesOf } from '../support/zygotes.js'

const sessions = scaled(250, 8)

const programs = ['echo', 'prompt', 'menu', 'raw', 'password', 'askingChild', 'sleep', 'handle SIGINT 3', 'family', 'reader', 'sizes', 'late']

describe.each(nodes)('on Node $version', (node) => {
  test(`${sessions} random sessions leave no process, no raw terminal, no unread byte`, { timeout: 3_600_000 }, async () => {
    await using sandbox = new Sandbox(node, 'scenarios', 'any')
    await sandbox.warmUp('client', ['app.mjs', 'nothing'])
    const random = randomBy(node.major)
    const one = <T>(of: readonly T[]): T => of[random(of.length)] as T
    const left = () => processesOf(sandbox.runtime).filter(({ title }) => !/^instastart |\/pty |^bash /.test(title))
    const actions: ((shell: ShellTerminal) => void)[] = [
      (shell) => shell.type(`word ${random(1000)}\r`),
      (shell) => shell.type(one([keys.up, keys.down, keys.enter, 'x', ' '])),
      (shell) => shell.type(keys.interrupt),
      (shell) => shell.type(keys.endOfFile),
      (shell) => shell.type(`${keys.suspend}\r`),
      (shell) => shell.type('fg\r'),
      (shell) => shell.type(`${keys.stop}a${keys.start}`),
      (shell) => shell.resize(20 + random(200), 5 + random(80)),
      () => killAll(left(), one<NodeJS.Signals>(['SIGTERM', 'SIGKILL', 'SIGSTOP', 'SIGCONT', 'SIGHUP', 'SIGWINCH'])),
    ]

    const session = async (i: number) => {
      const command = sandbox.command(one(warmWays), ['app.mjs', ...one(programs).split(' ')]).join(' ')
      const shell = new ShellTerminal({ cwd: sandbox.project, env: sandbox.env({ INSTASTART_DEBUG: '' }) })
      await shell.prompted()
      // Its own end by Ctrl-D would be the end of the session.
      await shell.command('set -o ignoreeof; echo "modes $(stty -g)"')
      shell.enter(command)
      for (let n = 2 + random(8); n > 0; n--) {
        await setTimeout(random(150))
        one(actions)(shell)
      }
      if (random(6) === 0) shell.close()
      else {
        await setTimeout(random(200))
        await until('the end of all that was started', () => {
          killAll(left())
          return left().length === 0
        })
        // Whatever line was begun is over.
        shell.type(keys.interrupt)
        shell.enter('')
        shell.enter(`echo "modes $(stty -g)"; echo alive ${i}`)
        await shell.shows(`\nalive ${i}\r`)
        const modes = [...shell.transcript.matchAll(/modes ([0-9a-f:]+)$/gm)].map(([, text]) => text)
        expect(modes, shell.transcript).toEqual([modes[0], modes[0]])
        shell.enter('exit')
        shell.enter('exit')
      }
      await shell.ended
      await until('no process', () => left().length === 0)
    }

    for (let i = 0; i < sessions; i++) await session(i)
    await sandbox.untilSettled()
    const plain = plainReasonsOf(sandbox.runtime).filter((reason) => reason !== 'absent')
    recordFigure({ node: node.version, what: `${sessions} random sessions, plain ones`, value: JSON.stringify(plain) })
    expect(await statusOf(sandbox)).toMatchObject([{ state: 'warm', hits: expect.toSatisfy((hits: number) => hits > sessions / 2) as number }])
  })
})
