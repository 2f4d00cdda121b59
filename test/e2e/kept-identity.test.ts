// What a module keeps of the process while it is imported is that of the run, not of the zygote.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import type { Outcome } from '../support/program.js'
import { Sandbox, engines, isWarm, withoutDebugLines } from '../support/sandbox.js'

/** Whether it was evaluated here; whatever `process` says. */
const noting = 'export const evaluatedIn = Number(fs.readlinkSync(\'/proc/self\'))'

const print = `
import fs from 'node:fs'
import before, { evaluatedIn } from './before.mjs'
import kept, { evaluatedIn as keptIn } from './kept.mjs'
const facts = { pid: process.pid, ppid: process.ppid, title: process.title, name: fs.readFileSync('/proc/self/comm', 'utf8').trim() }
const command = fs.readFileSync('/proc/self/cmdline', 'utf8').split('\\0')[0]
console.log(JSON.stringify({ kept: Object.entries(kept).map(([name, value]) => [name, value === facts[name] || value]), title: facts.title, name: facts.name, command, before }))
console.log([evaluatedIn, keptIn].map((id) => (id === process.pid ? 'run' : 'zygote')).join())
`

/** What it keeps, as an object; and, if it is evaluated in a zygote, 'zygote', and 'plain' if there is none. */
const modules: [what: string, text: string, where: 'run' | 'zygote' | 'plain'][] = [
  ['process.pid', 'export default { pid: process.pid }', 'run'],
  ['process.ppid', 'export default { ppid: process.ppid }', 'run'],
  ['process.pid, of an import of its own', 'import own from "node:process"\nexport default { pid: own.pid }', 'run'],
  ['process.pid, by destructuring', 'const { pid, ...others } = process\nexport default { pid }', 'run'],
  ['all that process has', 'const { pid, ppid, title } = { ...process }\nexport default { pid, ppid, title }', 'run'],
  ['pid, imported by name', 'import { pid } from "node:process"\nexport default { pid }', 'plain'],
  ['ppid, imported under another name', 'import own, {\n  env,\n  ppid as parent,\n} from "process"\nexport default { ppid: parent }', 'plain'],
  ['pid, of a namespace', 'import * as own from "node:process"\nexport default { pid: own.pid }', 'plain'],
  ['pid, exported again', 'import * as own from "./again.mjs"\nexport default { pid: own.pid }', 'plain'],
  ['nothing but the type of process.pid', 'export default { type: typeof process.pid, same: typeof globalThis.process.ppid === "number" }', 'zygote'],
  ['a namespace of which it reads something else', 'import * as own from "node:process"\nexport default { env: typeof own.env }', 'zygote'],
  ['process.title', 'export default { title: process.title }', 'zygote'],
  ['the title that it sets', 'process.title = "mine"\nexport default { title: process.title }', 'zygote'],
  ['an empty title', 'process.title = ""\nexport default { title: process.title }', 'zygote'],
]

const expected = { run: 'zygote,run', zygote: 'zygote,zygote', plain: 'run,run' }

describe.each(nodes)('on Node $version', (node) => {
  describe.each(engines)('by %s', (engine) => {
    let sandbox: Sandbox
    beforeEach(() => {
      sandbox = new Sandbox(node, undefined, engine)
    })
    afterEach(() => sandbox.dispose())

    const linesOf = ({ stdout }: Outcome) => stdout.trim().split('\n')

    test.each(modules)('%s', async (_, text, where) => {
      sandbox.write('before.mjs', `import fs from 'node:fs'\nexport default typeof process.title\n${noting}\n`)
      sandbox.write('kept.mjs', `import fs from 'node:fs'\n${text}\n${noting}\n`)
      sandbox.write('again.mjs', 'export * from "node:process"\n')
      sandbox.write('app.mjs', print)
      const plain = await sandbox.run('client', ['app.mjs'], { env: { INSTASTART: '0' } })
      let last = plain
      for (let i = 0; i < 4 && !isWarm(last); i++) {
        last = await sandbox.run('client', ['app.mjs'])
        expect(linesOf(last)[0]).toBe(linesOf(plain)[0])
        await sandbox.untilSettled()
      }
      // From the image that has been made meanwhile.
      last = await sandbox.run('client', ['app.mjs'])
      expect(withoutDebugLines(last.stderr)).toBe('')
      expect(linesOf(last)).toEqual([linesOf(plain)[0], expected[where]])
      expect(isWarm(last)).toBe(where !== 'plain')
    })
  })
})
