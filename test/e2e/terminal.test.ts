import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox, engines, isWarm, warmWays, withoutDebugLines, type Way } from '../support/sandbox.js'

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays.flatMap((way) => engines.map((engine) => ({ way, engine }))))('with $way, by $engine', ({ way, engine }) => {
    let sandbox: Sandbox
    beforeEach(() => {
      sandbox = new Sandbox(node, 'terminal', engine)
    })
    afterEach(() => sandbox.dispose())

    /** In a shell, whose standard descriptors the program shares. */
    const inShell = async (how: Way, args: string[], script: (command: string) => string) => {
      const outcome = await runProgram('/bin/sh', ['-c', script(sandbox.command(how, args).join(' '))], { cwd: sandbox.project, env: sandbox.env() })
      return { wasWarm: isWarm({ ...outcome, stderr: outcome.stdout.replaceAll('\r', '') + outcome.stderr }), said: withoutDebugLines(outcome.stdout.replaceAll('\r', '')).trim() }
    }

    const expectSame = async (ending: string, script: (command: string) => string, says: RegExp) => {
      const plain = await inShell('node', ['modes.mjs', ending], script)
      expect(plain.said).toMatch(says)
      await inShell(way, ['modes.mjs', 'nothing'], script)
      await sandbox.untilParked()
      const warm = await inShell(way, ['modes.mjs', ending], script)
      expect(warm).toEqual({ wasWarm: true, said: plain.said })
    }

    test.each(sampled(['exit', 'end', 'throw', 'interrupt', 'terminate', 'stty'], node))('the terminal has its modes again after: %s', async (ending) => {
      // Where the terminal controls the session, there are no forks.
      const outside = engine === 'fork' ? 'setsid -w ' : ''
      const inTerminal = (command: string) => `script -qec 'stty -g > before; ${outside}${command} 2> said; echo "status $?"; grep ^instastart: said; stty -g | cmp - before && echo restored' /dev/null < /dev/null`
      await expectSame(ending, inTerminal, /status \d+[^]*restored/)
    })

    test.each(sampled(['exit', 'throw', 'terminate'], node))('a pipe that others read from waits for them again after: %s', async (ending) => {
      const fromPipe = (command: string) => `sleep 1 | { ${command} 2> said; echo "status $?"; grep ^instastart: said; grep flags: /proc/self/fdinfo/0; }`
      await expectSame(ending, fromPipe, /status \d+[^]*flags:\s+0+$/)
    })
  })
})
