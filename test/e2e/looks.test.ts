// Files that modules look for before the gate, whatever for; and acts, which are each run's own.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, isWarm, plainReason, warmWays } from '../support/sandbox.js'

const entry = `import { answer } from './asks.mjs'
console.log(JSON.stringify(answer))
`

type Change = (file: (name: string) => string) => void

const looks: Record<string, { asks: string; change: Change; keepsWarm?: Change }> = {
  'a file that was read': {
    asks: 'fs.readFileSync("data/one.txt", "utf8")',
    change: (file) => fs.appendFileSync(file('data/one.txt'), 'more'),
    keepsWarm: (file) => fs.writeFileSync(file('data/new.txt'), ''),
  },
  'a file that was read by a promise': {
    asks: 'await fs.promises.readFile(new URL("data/one.txt", import.meta.url), "utf8")',
    change: (file) => fs.appendFileSync(file('data/one.txt'), 'more'),
  },
  'a file that was not there': {
    asks: 'fs.existsSync("data/none.txt")',
    change: (file) => fs.writeFileSync(file('data/none.txt'), ''),
    keepsWarm: (file) => fs.writeFileSync(file('data/other.txt'), ''),
  },
  'a folder that was not there': {
    asks: 'fs.statSync("none/of/these", { throwIfNoEntry: false })?.isDirectory() ?? null',
    change: (file) => fs.mkdirSync(file('none/of/these'), { recursive: true }),
  },
  'the names in a folder': {
    asks: 'fs.readdirSync("data").sort()',
    change: (file) => fs.writeFileSync(file('data/new.txt'), ''),
    keepsWarm: (file) => fs.appendFileSync(file('data/one.txt'), 'more'),
  },
  'a folder that is one': {
    asks: 'fs.statSync("data").isDirectory()',
    change: (file) => {
      fs.rmSync(file('data'), { recursive: true })
      fs.writeFileSync(file('data'), '')
    },
    keepsWarm: (file) => fs.writeFileSync(file('data/new.txt'), ''),
  },
  'where a link leads': {
    asks: 'fs.realpathSync("link.txt").split("/").at(-1)',
    change: (file) => {
      fs.rmSync(file('link.txt'))
      fs.symlinkSync('data/two.txt', file('link.txt'))
    },
  },
  'a package that a nearer one would shadow': {
    asks: '(await import("./src/deep/imports.mjs")).default',
    change: (file) => {
      fs.mkdirSync(file('src/node_modules/shadowed'), { recursive: true })
      fs.writeFileSync(file('src/node_modules/shadowed/index.js'), 'module.exports = "nearer"')
    },
  },
}

/** 'unknown': another thread does it, and nobody can tell for which module. */
const acts: Record<string, [asks: string, act: RegExp, whose?: 'unknown']> = {
  'appends to a file': ['fs.appendFileSync("log.txt", "line\\n")', /to write: .*log\.txt/],
  'writes a file by a promise': ['await fs.promises.writeFile("log.txt", "line")', /to write/, 'unknown'],
  'makes a folder': ['fs.mkdirSync("made-" + fs.readlinkSync("/proc/self"))', /to make/],
  'removes a file': ['fs.rmSync("many/" + fs.readdirSync("many")[0])', /to remove/],
  'renames a file': ['fs.renameSync("many/" + fs.readdirSync("many")[0], "renamed-" + fs.readlinkSync("/proc/self"))', /to rename/],
  'changes a file\'s mode': ['fs.chmodSync("data/one.txt", 0o600)', /to change/],
  'makes a temporary folder': ['fs.rmSync(fs.mkdtempSync("temporary-"), { recursive: true })', /to make/],
  'starts a process': ['execFileSync("/bin/sh", ["-c", "echo line >> log.txt"])', /to start a process/],
  'looks a host up': ['await dns.promises.lookup("localhost", { family: 4 })', /to look a host up/, 'unknown'],
  'connects': ['await new Promise((resolve) => net.connect(1, "127.0.0.1").on("error", () => resolve()))', /to connect|to look a host up/, 'unknown'],
  'starts a Worker': ['new (await import("node:worker_threads")).Worker("", { eval: true }).threadId', /to start a thread of Node/],
  'prints': ['console.log("printed")', /output-before-gate/],
  'prints past the stream': ['fs.writeSync(1, "printed\\n")', /output-before-gate/],
  'prints an error': ['console.error("printed")', /output-before-gate/],
  'reads its input': ['fs.readFileSync(0, "utf8")', /to read the standard input/],
  'reads its input by another name': ['fs.readFileSync("/dev/stdin", "utf8")', /to open a standard stream/],
  'changes the directory': ['process.chdir("data")', /to change the working directory/],
}

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  const file = (name: string) => path.join(sandbox.project, name)
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', entry)
    for (const name of ['data/one.txt', 'data/two.txt', 'many/1', 'many/2', 'many/3', 'many/4']) sandbox.write(name, name)
    fs.symlinkSync('data/one.txt', file('link.txt'))
    sandbox.write('src/deep/imports.mjs', 'export { default } from "shadowed"')
    sandbox.write('node_modules/shadowed/index.js', 'module.exports = "farther"')
  })
  afterEach(() => sandbox.dispose())

  const writeModule = (asks: string) => sandbox.write('asks.mjs', `
import { execFileSync } from 'node:child_process'
import dns from 'node:dns'
import fs from 'node:fs'
import net from 'node:net'
export const answer = ${asks} ?? null
export const used = [execFileSync, dns, fs, net].length
`)
  const run = () => sandbox.run('client', ['app.mjs'])

  test.each(Object.entries(looks))('%s is a question: another answer is never an old one', async (_, { asks, change, keepsWarm }) => {
    writeModule(asks)
    await sandbox.warmUp('client', ['app.mjs'])
    keepsWarm?.(file)
    expect(debugLine(await run())).toMatch(/^warm run/)
    change(file)
    const outcome = await run()
    expect(plainReason(outcome)).toBe('stale')
    await sandbox.untilSettled()
    const again = await run()
    expect(isWarm(again)).toBe(true)
    const plain = await sandbox.run('node', ['app.mjs'])
    expect([outcome.stdout, again.stdout]).toEqual([plain.stdout, plain.stdout])
  })

  describe.each(warmWays)('with %s', (way) => {
    test.each(Object.entries(acts))('a module that %s as it is imported does it in each run, and only there', async (_, [asks, act, whose]) => {
      writeModule(asks)
      const runs = []
      for (let i = 0; i < 3; i++) {
        const outcome = await sandbox.run(way, ['app.mjs'])
        expect(outcome).toMatchObject({ status: 0 })
        await sandbox.untilSettled()
        const [manifest] = sandbox.manifests()
        runs.push([isWarm(outcome) ? 'warm' : 'plain', manifest?.state])
        if (i > 0 && whose !== 'unknown') continue
        expect(manifest?.reason).toMatch(/^(act|output)-before-gate/)
        expect(manifest?.reason).toMatch(act)
      }
      // The gate has moved in front of the module.
      expect(runs).toEqual(whose === 'unknown' ? Array.from({ length: 3 }, () => ['plain', 'given-up']) : [['plain', 'given-up'], ['plain', 'parked'], ['warm', 'parked']])
      if (asks.includes('line\\n') || asks.includes('echo line')) expect(sandbox.read('log.txt')).toBe('line\nline\nline\n')
    })
  })
})
