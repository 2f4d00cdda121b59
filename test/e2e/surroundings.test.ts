// What modules ask of the working directory, the entry's path and the standard descriptors before the gate.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { Sandbox, debugLine, warmWays, type Way } from '../support/sandbox.js'

/** How the program is started: in a folder of the project, by this path, in this shell command. */
interface Situation { folder: string; entry: string; shell: (command: string) => string }

const piped = (command: string) => `${command} | cat`
const inFolder = (folder: string): Situation => ({ folder, entry: '../app.mjs', shell: piped })
const connected = (shell: (command: string) => string): Situation => ({ ...inFolder('a'), shell })
const onTerminal = (columns: number) => connected((command) => `script -qec "stty cols ${columns} rows 20; ${command}" /dev/null < /dev/null`)
const toFile = connected((command) => `${command} > out.txt`)

const directories = [inFolder('a'), inFolder('b')] as const
const entries = [inFolder('a'), { ...inFolder('a'), entry: '../link.mjs' }] as const
const outputs = [connected(piped), toFile] as const

const asks: [expression: string, situations: readonly [Situation, Situation]][] = [
  ['process.cwd()', directories],
  ['path.resolve(\'data.txt\')', directories],
  ['fs.readFileSync(\'data.txt\', \'utf8\')', directories],
  ['fs.existsSync(\'only-in-a.txt\')', directories],
  ['await fs.promises.readFile(\'data.txt\', \'utf8\')', directories],
  ['process.env.PWD', directories],
  ['process.argv[1]', entries],
  ['tty.isatty(1)', [connected(piped), onTerminal(80)]],
  ['process.stdout.isTTY', [connected(piped), onTerminal(80)]],
  ['process.stdout.constructor.name', outputs],
  ['fs.fstatSync(1).isFIFO()', outputs],
  ['process.stdin.constructor.name', [connected((command) => `${command} < ../app.mjs`), connected((command) => `true | ${command}`)]],
  ['process.stdout.columns', [onTerminal(80), onTerminal(100)]],
  ['process.stdout.getWindowSize()', [onTerminal(80), onTerminal(100)]],
]

const moduleOf = (expression: string) => `import fs from 'node:fs'
import path from 'node:path'
import tty from 'node:tty'
export const answer = ${expression}
void [fs, path, tty]
`

const entry = `import { answer } from './asks.mjs'
import fs from 'node:fs'
fs.writeFileSync(import.meta.dirname + '/answers.json', JSON.stringify([answer, process.cwd(), process.argv[1], process.stdin.isTTY, process.stdout.isTTY, process.stdout.columns, process.stdout.constructor.name]))
`

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', entry)
    sandbox.write('a/data.txt', 'of a')
    sandbox.write('b/data.txt', 'of b')
    sandbox.write('a/only-in-a.txt', '')
    fs.symlinkSync('app.mjs', path.join(sandbox.project, 'link.mjs'))
  })
  afterEach(() => sandbox.dispose())

  const run = async (way: Way, { folder, entry: file, shell }: Situation) => {
    const cwd = path.join(sandbox.project, folder)
    fs.rmSync(path.join(sandbox.project, 'answers.json'), { force: true })
    await runProgram('/bin/sh', ['-c', shell(`${sandbox.command(way, [file]).join(' ')} 2> ${sandbox.project}/said.txt`)], { cwd, env: sandbox.env({ PWD: cwd }) })
    if (way !== 'node') await sandbox.untilSettled()
    return { said: debugLine({ stdout: '', stderr: sandbox.read('said.txt'), status: 0, signal: null, ms: 0 }), answers: sandbox.read('answers.json') }
  }

  const expectSame = async (way: Way, situation: Situation, says: RegExp) => {
    const plain = await run('node', situation)
    const warm = await run(way, situation)
    expect(warm.answers).toBe(plain.answers)
    expect(warm.said).toMatch(says)
  }

  describe.each(warmWays)('with %s', (way) => {
    test('a program that asks for none of it has one zygote for all', async () => {
      sandbox.write('asks.mjs', moduleOf('1'))
      await expectSame(way, directories[0], /^plain run: absent/)
      for (const situation of [...directories, ...outputs, onTerminal(80), onTerminal(100), { ...inFolder('b'), entry: '../link.mjs' }]) await expectSame(way, situation, /^warm run/)
      expect(sandbox.zygotes()).toHaveLength(1)
    })

    test.each([
      ['with options of Node\'s a directory is a program of its own', '--conditions=other', /^plain run: absent/],
      ['but not with those for which Node looks at nothing', '--stack-trace-limit=20', /^warm run/],
    ] as const)('%s', async (_, option, elsewhere) => {
      sandbox.write('asks.mjs', moduleOf('1'))
      const withOption = (situation: Situation): Situation => ({ ...situation, shell: (command) => situation.shell(command.replace(/node|instastart(?= )/, `$& ${option}`)) })
      await expectSame(way, withOption(directories[0]), /^plain run: absent/)
      await expectSame(way, withOption(directories[0]), /^warm run/)
      await expectSame(way, withOption(directories[1]), elsewhere)
    })
  })

  test('a search for the path of the entry among the arguments finds it where plain Node finds it', async () => {
    sandbox.write('asks.mjs', moduleOf('process.argv.indexOf(import.meta.filename.replace(\'asks\', \'app\'))'))
    for (const situation of [...entries, ...entries, ...entries]) await expectSame('client', situation, /./)
  })

  test.each(sampled(asks, node))('%s is answered as by plain Node, and warm where it was asked before', async (expression, [one, other]) => {
    sandbox.write('asks.mjs', moduleOf(expression))
    await expectSame('client', one, /^plain run: absent/)
    await expectSame('client', one, /^warm run/)
    await expectSame('client', other, /^plain run/)
    await expectSame('client', other, /^warm run/)
    await expectSame('client', one, /^warm run/)
  })
})
