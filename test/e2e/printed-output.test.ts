// What modules print as they are imported: each run prints it, in order, wherever its output goes; or prints its own.
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from '../support/commands.js'
import { sampled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram, type Outcome } from '../support/program.js'
import { Sandbox, engines, isWarm, warmWays, withoutDebugLines } from '../support/sandbox.js'

/** The body says whether the module was evaluated in this very process. */
const entry = `import './before.mjs'
import './prints.mjs'
import { tail } from './after.mjs'
console.log('body', globalThis.evaluated === process.pid ? 'with it' : 'without it')
process.stderr.write('the end' + tail)
`

/** The gate stays where it is. */
const same: Record<string, string> = {
  'a line': 'console.log("printed")',
  'an error': 'console.error("printed")',
  'to both, in turn': 'for (let i = 0; i < 20; i++) (i % 3 ? console.log : console.error)("line", i)',
  'past the stream': 'fs.writeSync(1, "one\\n"); fs.writeSync(2, "two\\n"); console.log("three")',
  'bytes': 'process.stdout.write(Buffer.from([0xff, 0x00, 0x0a, 0xc3]))',
  'colours, if there are any': 'console.log(util.styleText?.("red", "printed") ?? "printed", process.stdout.isTTY)',
  '60 KB': 'process.stdout.write("x".repeat(60_000) + "\\n")',
  'a warning of Node\'s kind': 'console.warn("(node) [DEP0001] DeprecationWarning: old")',
}

/** The gate moves in front of the module. */
const other: Record<string, string> = {
  'its number': 'console.log(process.pid)',
  'a random number': 'console.log(Math.random() > 2, Math.random())',
  'how long it took': 'console.log(performance.now())',
  'the year': 'console.log("(c)", new Date().getFullYear())',
  'the time of day': 'console.log(new Date().toISOString().slice(0, 16))',
  'more than 64 KB': 'process.stdout.write("x".repeat(80_000) + "\\n")',
}

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays.flatMap((way) => engines.map((engine) => ({ way, engine }))))('with $way, by $engine', ({ way, engine }) => {
    let sandbox: Sandbox
    beforeEach(() => {
      sandbox = new Sandbox(node, undefined, engine)
      sandbox.write('app.mjs', entry)
      sandbox.write('before.mjs', 'console.log("before")\n')
      sandbox.write('after.mjs', 'export const tail = "\\n"\n')
    })
    afterEach(() => sandbox.dispose())

    const writeModule = (prints: string) =>
      sandbox.write('prints.mjs', `import fs from 'node:fs'\nimport util from 'node:util'\nglobalThis.evaluated = process.pid\n${prints}\nexport default [fs, util].length\n`)

    /** Until one is warm; that one. */
    const runUntilWarm = async (run: () => Promise<Outcome>, most: number) => {
      for (let i = 1; ; i++) {
        const outcome = await run()
        if (isWarm(outcome)) return outcome
        expect(i, outcome.stderr).toBeLessThan(most)
        await sandbox.untilSettled()
      }
    }

    const said = ({ stdout, stderr, status, signal }: Outcome) => ({ stdout: stdout.replace('with it', 'without it'), stderr: withoutDebugLines(stderr), status, signal })

    test.each(sampled(Object.entries(same), node))('%s: printed by each run, of which the third is warm', async (_, prints) => {
      writeModule(prints)
      const plain = await sandbox.run('node', ['app.mjs'])
      expect(plain.stdout).toContain('body with it')
      const warm = await runUntilWarm(() => sandbox.run(way, ['app.mjs']), 3)
      expect(warm.stdout).toContain('body without it')
      expect(said(warm)).toEqual(said(plain))
      expect(said(await sandbox.run(way, ['app.mjs']))).toEqual(said(plain))
    })

    test.each(sampled(Object.entries(other), node))('%s: evaluated in each run', async (_, prints) => {
      writeModule(prints)
      const { stdout } = await runUntilWarm(() => sandbox.run(way, ['app.mjs']), 4)
      expect(stdout).toMatch(/^before\n/)
      expect(stdout).toContain('body with it')
    })

    // One file for both, a terminal, a pipe that is read slowly, one that is read no more.
    const places: [string, (command: string) => string][] = [
      ['a file', (command) => `${command} > all.txt 2>&1; status=$?; cat all.txt; exit $status`],
      ['a terminal', (command) => `script -qec '${command} 2>&1' /dev/null < /dev/null`],
      ['a slow reader', (command) => `{ ${command} 2>&1; } | { sleep 1; cat; }`],
      ['nobody', (command) => `{ ${command}; echo "status $?" >&2; } | true`],
    ]
    test.each(sampled(places, node))('to %s: as in plain Node', async (place, script) => {
      const count = place === 'a slow reader' ? 90 : 30
      writeModule(`for (let i = 0; i < ${count}; i++) (i % 3 ? console.log : console.error)("line", i, process.stdout.isTTY)`)
      const inShell = async (how: 'node' | typeof way) => {
        const outcome = await runProgram('/bin/sh', ['-c', script(sandbox.command(how, ['app.mjs']).join(' '))], { cwd: sandbox.project, env: sandbox.env() })
        // In one stream with the others our line is somewhere.
        const ours = /^instastart: .*$/m.exec(outcome.stdout.replaceAll('\r', '') + outcome.stderr)?.[0] ?? ''
        return { ...outcome, stdout: outcome.stdout.replace(/^instastart: .*\r?\n/m, ''), stderr: `${ours}\n${withoutDebugLines(outcome.stderr)}` }
      }
      const plain = await inShell('node')
      // Who prints to nobody must find that out by itself.
      if (place === 'nobody') {
        for (let i = 0; i < 3; i++) {
          expect(said(await inShell(way))).toMatchObject({ stdout: plain.stdout, status: plain.status })
          await sandbox.untilSettled()
        }
        return
      }
      const warm = await runUntilWarm(() => inShell(way), 4)
      const trimmed = (outcome: Outcome) => ({ ...said(outcome), stderr: withoutDebugLines(outcome.stderr).trim() })
      expect(trimmed(warm)).toEqual(trimmed(plain))
    })

    test('CommonJS, and what start() has behind it', async () => {
      sandbox.installInstastart()
      sandbox.write('prints.cjs', 'globalThis.evaluated = process.pid\nconsole.log("from CommonJS")\n')
      sandbox.write('app.cjs', `const { start } = require('instastart/auto')
require('./prints.cjs')
console.error('in the entry')
start()
console.log('body', globalThis.evaluated === process.pid ? 'with it' : 'without it')
`)
      const plain = await sandbox.run('node', ['app.cjs'], { env: { INSTASTART: '0' } })
      const warm = await runUntilWarm(() => sandbox.run(way, ['app.cjs']), 3)
      expect(warm.stdout).toBe('from CommonJS\nbody without it\n')
      expect(said(warm)).toEqual(said(plain))
    })

    test('another text after an edit, of this module or of another one', async () => {
      writeModule('console.log("first")')
      await runUntilWarm(() => sandbox.run(way, ['app.mjs']), 3)
      writeModule('console.log("second")')
      expect(said(await sandbox.run(way, ['app.mjs'])).stdout).toBe('before\nsecond\nbody without it\n')
      await sandbox.untilSettled()
      expect(said(await runUntilWarm(() => sandbox.run(way, ['app.mjs']), 3)).stdout).toBe('before\nsecond\nbody without it\n')
      sandbox.write('after.mjs', 'console.log("after")\nexport const tail = "!\\n"\n')
      const warm = await runUntilWarm(() => sandbox.run(way, ['app.mjs']), 4)
      expect(warm.stdout).toBe('before\nsecond\nafter\nbody without it\n')
    })
  })

  test('`instastart warm` makes both zygotes that it takes', async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    sandbox.write('prints.mjs', 'console.log("printed")\n')
    sandbox.write('app.mjs', 'import "./prints.mjs"\nconsole.log("body")\n')
    expect(await runCommand(sandbox, ['warm', 'app.mjs'])).toMatchObject({ status: 0 })
    const outcome = await sandbox.run('client', ['app.mjs'])
    expect(isWarm(outcome)).toBe(true)
    expect(outcome.stdout).toBe('printed\nbody\n')
  })

  test('a package that prints is not loaded before the program\'s own modules', async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    sandbox.write('node_modules/quiet/index.js', 'globalThis.quiet = process.pid\n')
    sandbox.write('node_modules/loud/index.js', 'console.log("loud")\n')
    sandbox.write('own.mjs', 'console.log("own")\nexport const own = 1\n')
    sandbox.write('late.mjs', 'export const late = 1\n')
    sandbox.write('app.mjs', 'import "quiet"\nimport "./own.mjs"\nimport "loud"\nimport { late } from "./late.mjs"\nconsole.log("body", late)\n')
    const texts = new Set<string>()
    for (let edit = 1; edit <= 4; edit++) {
      for (let run = 0; run < 3; run++) {
        const { stdout } = await sandbox.run('client', [path.join(sandbox.project, 'app.mjs')])
        texts.add(stdout.replace(/body \d/, 'body'))
        expect(stdout).toContain(`body ${edit}`)
        await sandbox.untilSettled()
      }
      sandbox.write('late.mjs', `export const late = ${edit + 1}\n`)
    }
    expect([...texts]).toEqual(['own\nloud\nbody\n'])
  })
})
