import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox, warmWays, withoutDebugLines, type Way } from '../support/sandbox.js'
import { plainReasonsOf } from '../support/zygotes.js'

const redirections = [
  '> out.txt', '> out.txt 2>&1', '2>/dev/null', '>/dev/null', '< input.txt', '< /dev/zero',
  '<&-', '>&-', '2>&-', '<&- >&-', '<&- >&- 2>&-', '| cat', '2>&1 | cat', '< input.txt | cat > out.txt',
]

const quote = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ')

interface Seen {
  stdout: string
  stderr: string
  status: number | null
  out: string
  seen: Record<string, unknown>
}

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays)('with %s', (way) => {
    let sandbox: Sandbox
    beforeEach(() => {
      sandbox = new Sandbox(node, 'kinds')
      sandbox.write('input.txt', 'input\n')
    })
    afterEach(() => sandbox.dispose())

    const run = async (how: Way, script: (command: string) => string): Promise<Seen> => {
      for (const name of ['out.txt', 'seen.txt']) fs.rmSync(path.join(sandbox.project, name), { force: true })
      const [file, ...args] = sandbox.command(how, ['app.mjs'])
      const { stdout, stderr, status } = await runProgram('/bin/sh', ['-c', script(quote([file, ...args]))], {
        cwd: sandbox.project, env: sandbox.env({ INSTASTART_DEBUG: '' }),
      })
      const out = fs.existsSync(path.join(sandbox.project, 'out.txt')) ? sandbox.read('out.txt') : ''
      return { stdout, stderr: withoutDebugLines(stderr), status, out, seen: JSON.parse(sandbox.read('seen.txt')) as Record<string, unknown> }
    }

    const expectSame = async (script: (command: string) => string) => {
      const plain = await run('node', script)
      expect(plain.seen.engine).toBe('plain')
      expect(await run(way, script), 'the first run').toEqual(plain)
      await sandbox.untilParked(1)
      const warm = await run(way, script)
      expect(warm.seen.engine, `the second run (plain ones: ${plainReasonsOf(sandbox.runtime).join()})`).toBe(sandbox.engine)
      expect({ ...warm, seen: { ...warm.seen, engine: 'plain' } }, 'the warm run').toEqual(plain)
    }

    test.each(redirections)('app %s', async (redirection) => {
      await expectSame((command) => `${command} ${redirection}`)
    })

    test('a pipe in front, with all of its input', async () => {
      await expectSame((command) => `echo text | ${command}`)
    })

    // Where a terminal controls the session, there are no forks.
    const outside = () => (sandbox.engine === 'fork' ? 'setsid -w ' : '')

    test('a terminal on all three, with its size', async () => {
      await expectSame((command) => `script -qec "stty cols 91 rows 17; ${outside()}${command}" /dev/null < /dev/null`)
    })

    test('a terminal on stdout only', async () => {
      await expectSame((command) => `script -qec "${outside()}${command} < /dev/null 2>/dev/null" /dev/null < /dev/null`)
    })
  })
})
