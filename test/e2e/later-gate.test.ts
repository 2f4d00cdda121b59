// A CommonJS program goes on past its imports in the zygote, up to its first act: what comes before is done once, the act and the rest in each run.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { whyOf } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, engines, isWarm, warmWays } from '../support/sandbox.js'

/** Required in the program's own code. A package may draw numbers as it is imported: the same one in two runs has been drawn in the zygote. */
const lazy = 'module.exports = Math.random()\n'
const programOf = (act: string, seen = 'undefined') => `
const fs = require('node:fs')
const os = require('node:os')
const crypto = require('node:crypto')
const drawn = (() => require('lazy'))()
const before = [performance.now(), process.hrtime.bigint()]
${act}
console.log(JSON.stringify({ drawn, seen: ${seen} }))
`

interface Seen { drawn: number; seen: unknown }

/** `differs`: each run sees something else. */
const acts: { act: string; seen: string; stops: RegExp; differs?: true; status?: number }[] = [
  { act: 'const args = process.argv.slice(2)', seen: 'args', stops: /read its arguments/ },
  { act: 'const [, , ...args] = process.argv', seen: 'args', stops: /read its arguments/ },
  { act: 'const { argv } = process', seen: 'argv.length', stops: /read its arguments/ },
  { act: 'const { pid } = process', seen: 'pid === Number(fs.readlinkSync("/proc/self")) && pid', stops: /read process\.pid/, differs: true },
  { act: 'const text = require("node:util").inspect(process.argv)', seen: 'text.split(",").length', stops: /read its arguments/ },
  { act: 'process.argv = ["", "", "own"]\nconst args = process.argv.slice(2)\nprocess.stdout.write("")', seen: '[args, process.argv]', stops: /make a standard stream/ },
  { act: 'fs.writeFileSync("/dev/null", "")', seen: '1', stops: /to look at \/dev\/null/ },
  { act: 'let made = true\ntry { fs.mkdirSync(__dirname) } catch { made = false }', seen: 'made', stops: /to make/ },
  { act: 'try { fs.unlinkSync(`${__dirname}/none`) } catch {}', seen: '1', stops: /to remove/ },
  { act: 'const bytes = crypto.randomBytes(8)', seen: 'bytes.toString("hex")', stops: /draw random bytes/, differs: true },
  { act: 'const id = crypto.randomUUID()', seen: 'id', stops: /draw random bytes/, differs: true },
  { act: 'fs.appendFileSync(`${__dirname}/out.txt`, "line\\n")', seen: 'fs.readFileSync("out.txt", "utf8").split("\\n").length', stops: /to write: .*out\.txt/, differs: true },
  { act: 'fs.appendFileSync("out.txt", "line\\n")', seen: 'fs.readFileSync("out.txt", "utf8").split("\\n").length', stops: /working directory/, differs: true },
  { act: 'fs.mkdirSync(`${__dirname}/made`)', seen: 'fs.statSync("made").isDirectory(fs.rmdirSync("made"))', stops: /to make: .*made/ },
  { act: 'const self = fs.readlinkSync("/proc/self")', seen: 'Number(self) === process.pid', stops: /look at \/proc\/self/ },
  { act: 'const { rss } = process.memoryUsage()', seen: 'rss > 0', stops: /look at \/proc\/self/ },
  { act: 'const load = os.freemem()', seen: 'load > 0', stops: /look at \/proc|measure the machine/ },
  { act: 'const used = process.resourceUsage()', seen: 'used.maxRSS > 0', stops: /measure the process/ },
  { act: 'process.stdout.write("")', seen: '1', stops: /make a standard stream/ },
  { act: 'const kind = process.stdin.constructor.name', seen: 'kind', stops: /make a standard stream/ },
  { act: 'fs.writeSync(2, "")', seen: '1', stops: /print/ },
  { act: 'const text = fs.readFileSync(0, "utf8")', seen: 'text', stops: /read the standard input/ },
  { act: 'const mask = process.umask(0o027)', seen: '[mask, process.umask()]', stops: /mask of new files/ },
  { act: 'process.chdir("/")', seen: 'process.cwd()', stops: /change the working directory|ask for the working directory/ },
  { act: 'const here = process.cwd()', seen: 'here', stops: /ask for the working directory/ },
  { act: 'const isTerminal = require("node:tty").isatty(1)', seen: 'isTerminal', stops: /ask for a standard stream/ },
  { act: 'process.once("exit", () => console.log(JSON.stringify({ drawn })))\nprocess.exit(3)', seen: '1', stops: /exit/, status: 3 },
  { act: 'process.once("exit", () => console.log(JSON.stringify({ drawn })))\nthrow new Error("thrown")', seen: '1', stops: /exit/, status: 1 },
  { act: 'if (drawn) Promise.resolve().then(() => console.log(JSON.stringify({ drawn })))\nif (drawn) return', seen: '1', stops: /end/ },
]

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('node_modules/lazy/index.js', lazy)
  })
  afterEach(() => sandbox.dispose())

  const run = (...args: string[]) => sandbox.run('client', ['app.cjs', ...args], { stdin: 'typed' })

  const warmRuns = async () => {
    for (let i = 0; i < 4; i++) {
      const outcome = await run('a', 'b')
      if (isWarm(outcome)) return [outcome, await run('a', 'b')]
      await sandbox.untilSettled()
    }
    throw new Error(`no warm run: ${JSON.stringify((await factsOf()).zygotes)}`)
  }
  const factsOf = () => whyOf(sandbox, ['app.cjs', 'a', 'b'])
  const seenIn = (stdout: string) => JSON.parse(stdout) as Seen

  test.each(acts)('$act', async ({ act, seen, stops, differs, status = 0 }) => {
    sandbox.write('app.cjs', programOf(act, seen))
    const plain = await sandbox.run('node', ['app.cjs', 'a', 'b'], { stdin: 'typed' })
    fs.rmSync(path.join(sandbox.project, 'out.txt'), { force: true })
    const outcomes = await warmRuns()
    const { zygotes: [zygote] } = await factsOf()
    expect(zygote).toMatchObject({ stop: { act: expect.stringMatching(stops) as string, file: path.join(sandbox.project, 'app.cjs') }, lastGate: null })
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status, signal: plain.signal })
      if (!differs) expect(seenIn(outcome.stdout).seen).toEqual(seenIn(plain.stdout).seen)
    }
    const [one, other] = outcomes.map(({ stdout }) => seenIn(stdout)) as [Seen, Seen]
    expect(one.drawn).toBe(other.drawn)
    expect(one.drawn).not.toBe(seenIn(plain.stdout).drawn)
    if (differs) {
      expect(one.seen).toBeTruthy()
      expect(one.seen).not.toEqual(other.seen)
    }
  })

  test.each([...warmWays].flatMap((way) => engines.map((engine) => ({ way, engine }))))('with $way, by $engine', async ({ way, engine }) => {
    await using own = new Sandbox(node, undefined, engine)
    own.write('node_modules/lazy/index.js', lazy)
    own.write('app.cjs', programOf('const args = process.argv.slice(2)', '[args, process.pid === Number(fs.readlinkSync("/proc/self"))]'))
    await own.warmUp(way, ['app.cjs', 'first'])
    const outcomes = [await own.run(way, ['app.cjs', 'a']), await own.run(way, ['app.cjs', 'b'])] as const
    expect(outcomes.map(isWarm)).toEqual([true, true])
    const [one, other] = outcomes.map(({ stdout }) => seenIn(stdout)) as [Seen, Seen]
    expect([one.seen, other.seen]).toEqual([[['a'], true], [['b'], true]])
    expect(one.drawn).toBe(other.drawn)
  })

  // Not by the accessor of `process`, where it would stop.
  test.each(['', '> out.txt'])('what is printed by way of a stream that a package has made goes to the run\'s own output: %s', async (redirections) => {
    sandbox.write('node_modules/printer/index.js', 'const { stdout } = process\nmodule.exports = (text) => stdout.write(text)\n')
    sandbox.write('app.cjs', 'const print = require("printer")\nconst drawn = (() => require("lazy"))()\nprint(`${drawn}\\n`)\nprint("end\\n")\n')
    const from = async () => {
      const outcome = await sandbox.run('client', ['app.cjs'], { redirections })
      return { ...outcome, printed: redirections ? sandbox.read('out.txt') : outcome.stdout }
    }
    let outcome = await from()
    for (let i = 0; i < 4 && !isWarm(outcome); i++) {
      await sandbox.untilSettled()
      outcome = await from()
    }
    expect(debugLine(outcome)).toMatch(/^warm run/)
    expect(outcome.printed).toMatch(/^0\.\d+\nend\n$/)
    expect((await from()).printed).toBe(outcome.printed)
    expect((await factsOf()).zygotes[0]).toMatchObject({ stop: { act: 'to print' } })
  })

  test('one zygote serves runs with any arguments, from any directory', async () => {
    sandbox.write('app.cjs', programOf('const facts = [process.argv.slice(2), process.cwd()]', 'facts'))
    await warmRuns()
    fs.mkdirSync(path.join(sandbox.project, 'elsewhere'))
    for (const [args, cwd] of [[['x'], sandbox.project], [[], path.join(sandbox.project, 'elsewhere')]] as const) {
      const outcome = await sandbox.run('client', [path.join(sandbox.project, 'app.cjs'), ...args], { cwd })
      expect(debugLine(outcome)).toMatch(/^warm run/)
      expect(seenIn(outcome.stdout).seen).toEqual([args, cwd])
    }
  })

  test.each([
    ['Math.random()', 'const id = Math.random()', 'id < 1', /Math\.random/],
    ['Math.random(), and then a builtin', 'const id = Math.random()\nrequire("node:zlib")', 'id < 1', /Math\.random/],
    ['the time of day', 'const now = Date.now()', 'now > 1e12', /read the clock/],
    ['a descriptor that was handed down, or is none', 'let error\ntry { fs.writeSync(60, "x") } catch ({ code }) { error = code }', 'error', /inherited descriptor/],
    ['a process that is started', 'const { status } = require("node:child_process").spawnSync("true")', 'status', /start a process/],
    ['a file that is kept open', 'const fd = fs.openSync(__filename)', 'fs.readSync(fd, Buffer.alloc(4))', /file open/],
    ['a server', 'const server = require("node:net").createServer().listen(0, () => server.close())', 'server.listening', /listen/],
  ])('what nobody can stop is done in each run: %s', async (_, act, seen, reason) => {
    sandbox.write('app.cjs', programOf(act, seen))
    const plain = await sandbox.run('node', ['app.cjs', 'a', 'b'], { stdin: 'typed' })
    const outcomes = await warmRuns()
    for (const { stdout, status } of outcomes) expect([status, seenIn(stdout).seen]).toEqual([0, seenIn(plain.stdout).seen])
    // The gate is in front of the module that was required last.
    const [one, other] = outcomes.map(({ stdout }) => seenIn(stdout)) as [Seen, Seen]
    expect(one.drawn).not.toBe(other.drawn)
    const { zygotes: [zygote] } = await factsOf()
    const file = path.join(sandbox.project, 'node_modules/lazy/index.js')
    expect(zygote).toMatchObject({ stop: null, lastGate: { file, reason: expect.stringMatching(reason) as string } })
  })

  test.each(engines)('no time has passed for a program that has read the clock, or set a timer, while its zygote was parked: %s', async (engine) => {
    await using own = new Sandbox(node, undefined, engine)
    own.write('node_modules/lazy/index.js', lazy)
    own.write('app.cjs', `${programOf('setTimeout(() => { console.log(JSON.stringify(sinceThen())) }, 300)')}
function sinceThen() {
  return [performance.now() - before[0], Number(process.hrtime.bigint() - before[1]) / 1e6, performance.now() - Math.abs(Date.now() - performance.timeOrigin), process.uptime() * 1000 - before[0]]
}
`.replace('console.log(JSON.stringify({ drawn, seen: undefined }))', ''))
    await own.warmUp('client', ['app.cjs'])
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const outcome = await own.run('client', ['app.cjs'])
    expect(debugLine(outcome)).toMatch(/^warm run/)
    const [now, hrtime, wall, uptime] = JSON.parse(outcome.stdout) as [number, number, number, number]
    for (const passed of [now, hrtime, uptime]) {
      expect(passed).toBeGreaterThan(250)
      expect(passed).toBeLessThan(2500)
    }
    expect(Math.abs(wall)).toBeLessThan(50)
  })

  test('what the program imports in its own code is there, too', async () => {
    sandbox.write('lazy.mjs', 'export const drawn = 1\n')
    sandbox.write('app.cjs', 'import("./lazy.mjs").then(({ drawn }) => console.log(JSON.stringify({ drawn, seen: process.argv.slice(2) })))\n')
    const outcomes = await warmRuns()
    for (const { stdout } of outcomes) expect(seenIn(stdout).seen).toEqual(['a', 'b'])
    expect((await factsOf()).zygotes[0]).toMatchObject({ stop: { act: 'to read its arguments' } })
  })

  test('"laterGate": false: the gate is behind the imports', async () => {
    sandbox.write('package.json', '{"instastart":{"laterGate":false}}')
    sandbox.write('app.cjs', programOf('const args = process.argv.slice(2)', 'args'))
    const [one, other] = (await warmRuns()).map(({ stdout }) => seenIn(stdout)) as [Seen, Seen]
    expect(one.drawn).not.toBe(other.drawn)
    expect((await factsOf()).zygotes[0]).toMatchObject({ stop: null, lastGate: null })
  })
})
