// After an edit only the program's own modules are evaluated anew: its packages wait in a base. What a run does is what plain Node does.
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { median, recordFigure, sampled, scaled } from '../support/contract.js'
import { until } from '../support/conditions.js'
import { EditedProgram, warm } from '../support/edited-program.js'
import { nodes } from '../support/nodes.js'
import { randomBy } from '../support/random.js'
import { Sandbox, debugLine, plainReason, warmWays } from '../support/sandbox.js'

/** What it finds as it is evaluated, the packages before it included. */
const nosy = (name: string) => `const order = globalThis[Symbol.for('order')] ??= []
export default { name: '${name}', after: [...order], setting: process.env.SETTING, global: globalThis.setting, keys: Object.keys(Object.prototype).length }
order.push('${name}')
`

const packages: Record<string, string> = {
  first: nosy('first'),
  second: nosy('second'),
  third: nosy('third'),
  last: nosy('last'),
  slow: `const end = performance.now() + 400
while (performance.now() < end);
export default { name: 'slow' }
`,
}

const commonJS = (source: string) => source.replace('export default', 'module.exports =')

interface Part { imports: string[]; body?: string }

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  let program: EditedProgram
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.engine = 'any'
    program = new EditedProgram(sandbox, 'app.mjs')
    sandbox.write('package.json', '{ "type": "module" }')
    for (const [name, source] of Object.entries(packages)) {
      const isModule = name !== 'second' && name !== 'last'
      sandbox.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: isModule ? 'module' : 'commonjs', exports: './index.js' }))
      sandbox.write(`node_modules/${name}/index.js`, isModule ? source : commonJS(source))
    }
  })
  afterEach(() => sandbox.dispose())

  /** Own modules, each with what it imports and what it does; the entry prints what the packages have found. */
  const write = (own: Record<string, Part>, entry: Part) => {
    const textOf = ({ imports, body = '' }: Part, end: (found: string) => string) => {
      const lines = imports.map((each, i) => (each.startsWith('.') ? `import { found as p${i} } from '${each}'` : `import p${i} from '${each}'`))
      return [...lines, body, end(`[${imports.map((_, i) => `p${i}`).join(', ')}]`), ''].join('\n')
    }
    for (const [file, part] of Object.entries(own)) sandbox.write(file, textOf(part, (found) => `export const found = ${found}`))
    sandbox.write('app.mjs', textOf(entry, (found) => `console.log(JSON.stringify(${found}))`))
  }

  describe.each(warmWays)('with %s', (way) => {
    test('the run after an edit of an own module is warm, and the one after that is thawed', async () => {
      write({ 'a.mjs': { imports: ['first'] } }, { imports: ['./a.mjs', 'second'] })
      await program.warmUp(way)
      expect(program.bases()).toHaveLength(1)
      for (const setting of scaled(['one', 'two', 'three'], ['one'])) {
        write({ 'a.mjs': { imports: ['first'], body: `console.log('${setting}')` } }, { imports: ['./a.mjs', 'second'], body: `console.log('${setting}')` })
        await until('an image', async () => /thawed/.test((await program.runLikePlain(way, 1))[0] ?? ''))
        write({ 'a.mjs': { imports: ['first'], body: `console.log('${setting}', 2)` } }, { imports: ['./a.mjs', 'second'], body: `console.log('${setting}')` })
        for (const line of await program.runLikePlain(way)) expect(line).toMatch(warm)
        expect(program.bases()).toHaveLength(1)
      }
    })
  })

  const edits: [what: string, own: Parameters<typeof write>[0], entry: Parameters<typeof write>[1]][] = [
    ['sets a variable that packages after it look at', { 'a.mjs': { imports: ['first'], body: 'process.env.SETTING = \'own\'' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['sets a global', { 'a.mjs': { imports: ['first'], body: 'globalThis.setting = 1' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['changes a prototype', { 'a.mjs': { imports: ['first'], body: 'Object.prototype.setting = 1' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['imports another package in front', { 'a.mjs': { imports: ['third', 'first'] } }, { imports: ['./a.mjs', 'second'] }],
    ['imports a package less', { 'a.mjs': { imports: [] } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['imports in another order', { 'a.mjs': { imports: ['first'] } }, { imports: ['third', './a.mjs', 'second'] }],
    ['imports a package as it goes', { 'a.mjs': { imports: ['first'], body: 'await import(\'third\')' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['requires a package', { 'a.mjs': { imports: ['first'], body: 'import { createRequire } from \'node:module\'; createRequire(import.meta.url)(\'last\')' } },
      { imports: ['./a.mjs', 'second', 'third', 'last'] }],
    ['patches a module of Node\'s', { 'a.mjs': { imports: ['first'], body: 'import fs from \'node:fs\'; fs.setting = 1' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['has a process of its own', { 'a.mjs': { imports: ['first'], body: 'const process = null' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['fails', { 'a.mjs': { imports: ['first'], body: 'throw new Error(\'own\')' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['cannot be parsed', { 'a.mjs': { imports: ['first'], body: 'const = 1' } }, { imports: ['./a.mjs', 'second', 'third'] }],
    ['writes a file', { 'a.mjs': { imports: ['first'], body: 'import fs from \'node:fs\'; fs.writeFileSync(\'written\', \'1\')' } }, { imports: ['./a.mjs', 'second', 'third'] }],
  ]

  test.each(sampled(edits, node))('an own module that after an edit %s does that in every run', async (_, own, entry) => {
    const before = () => write({ 'a.mjs': { imports: ['first'] } }, { imports: ['./a.mjs', 'second', 'third'] })
    before()
    await program.warmUp('client')
    expect(program.bases()).toHaveLength(1)
    write(own, entry)
    await program.runLikePlain('client', 3)
    before()
    await program.runLikePlain('client', 3)
  })

  test('all runs that come at once after an edit go on from it', async () => {
    write({ 'a.mjs': { imports: ['slow'] } }, { imports: ['./a.mjs', 'second'] })
    await program.warmUp('client')
    for (let i = 0; i < scaled(20, 3); i++) {
      const { stdout } = await program.plainRun()
      program.edit('a.mjs')
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => sandbox.run('client', ['app.mjs'])))
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 0, stdout })
      expect(outcomes.map(debugLine).filter((line) => !warm.test(line))).toEqual([])
      await sandbox.untilSettled()
    }
  })

  test('packages that were changed are loaded anew', async () => {
    write({ 'a.mjs': { imports: ['first'] } }, { imports: ['./a.mjs', 'second'] })
    await program.warmUp('client')
    sandbox.write('node_modules/first/index.js', 'export default 1\n')
    const [first = ''] = await program.runLikePlain('client')
    expect(first).toMatch(/^plain run: stale: .*first\/index\.js/)
    program.edit('a.mjs')
    sandbox.write('node_modules/second/index.js', 'module.exports = 2\n')
    await program.runLikePlain('client')
  })

  test('a package that counts on an own module before it is in no base', async () => {
    sandbox.write('node_modules/third/index.js', 'export default globalThis.setting.value\n')
    write({ 'a.mjs': { imports: ['first'], body: 'globalThis.setting = { value: 1 }' } }, { imports: ['./a.mjs', 'third'] })
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('a.mjs', 3, 3)
    expect(debugLine(await sandbox.run('client', ['app.mjs']))).toMatch(warm)
    expect(program.bases()).toEqual([])
  })

  const leavers: [what: string, text: string][] = [
    ['a microtask', 'queueMicrotask(() => done.push(1))'],
    ['a reaction of a promise', 'Promise.resolve().then(() => done.push(1))'],
    ['an async function', 'const later = async () => { await null; done.push(1) }; later()'],
    ['a tick', 'process.nextTick(() => done.push(1))'],
    ['something to wait for', 'await null; done.push(1)'],
  ]

  test.each(sampled(leavers, node))('a package that leaves %s does so in every run', async (_, text) => {
    sandbox.write('node_modules/first/index.js', `export const done = []; export default done; ${text}\n`)
    sandbox.write('node_modules/third/index.js', 'import { done } from \'first\'\nexport default String(done)\n')
    sandbox.write('app.mjs', `import p0 from 'second'\nimport p1 from 'first'\nimport p2 from 'third'\nconsole.log(p2, JSON.stringify([p0, p1]))\n`)
    await program.warmUp('client')
    await program.runThroughEdits('app.mjs', 2)
    // Of what comes before it.
    expect(program.bases()).toHaveLength(1)
  })

  /** Each by itself is done by plain Node in an order that a base would turn round. */
  const orders: [what: string, first: string, own: string, third: string][] = [
    ['a later package sets a variable', '1', 'export const seen = process.env.SETTING ?? \'\'', 'process.env.SETTING = \'1\'; export default 1'],
    ['a later package sets a global', '1', 'export const seen = String(globalThis.setting)', 'globalThis.setting = 1; export default 1'],
    ['a later package changes one before it', '{}', 'import first from \'first\'; export const seen = String(first.setting)', 'import first from \'first\'; first.setting = 1; export default 1'],
    ['a later package replaces a function of Node\'s', '1', 'import http from \'node:http\'; export const seen = http.get.name', 'import http from \'node:http\'; http.get = () => 1; export default 1'],
    ['both listen for the end', '1', 'process.on(\'exit\', () => console.log(\'own\')); export const seen = 1', 'process.on(\'exit\', () => console.log(\'third\')); export default 1'],
    ['it replaces a class', '1', 'globalThis.Date = class Fake extends Date {}; export const seen = 1', 'const name = Date.name; export default name'],
    ['it replaces a class that Node loads late', '1', 'globalThis.Response = class Fake {}; export const seen = 1', 'const name = Response.name; export default name'],
    ['it sets the mask', '1', 'process.umask(0o77); export const seen = 1', 'export default process.umask()'],
    ['it sets the title', '1', 'process.title = \'mine\'; export const seen = 1', 'export default process.title === \'mine\''],
  ]

  test.each(sampled(orders, node))('order is that of plain Node: %s', async (_, first, own, third) => {
    sandbox.write('node_modules/first/index.js', `export default ${first}\n`)
    sandbox.write('node_modules/third/index.js', `${third}\n`)
    sandbox.write('a.mjs', `import 'first'\n${own}\n`)
    sandbox.write('app.mjs', 'import { seen } from \'./a.mjs\'\nimport third from \'third\'\nconsole.log(seen, third)\n')
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('a.mjs', 3, 3)
    // One that has another title is not found by that.
    await sandbox.run('client', ['stop', '--all'])
    await until('no process', () => sandbox.processes().length === 0)
  })

  const changing = ['globalThis.setting = 1', 'await null; globalThis.setting = 1', 'globalThis.setting = 1; await null']

  test.each(sampled(changing, node))('what one of several own modules changes is there for packages after them: %s', async (body) => {
    for (const name of ['third', 'fourth']) sandbox.write(`node_modules/${name}/index.js`, 'export default String(globalThis.setting)\n')
    write({ 'a.mjs': { imports: ['first'] }, 'b.mjs': { imports: [], body }, 'c.mjs': { imports: [] }, 'd.mjs': { imports: [] } },
      { imports: ['./a.mjs', './b.mjs', './c.mjs', 'third', './d.mjs', 'fourth'] })
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('d.mjs', 3, 3)
  })

  test('an own module does not wait for a package that waits', async () => {
    sandbox.write('node_modules/first/index.js', 'await null\nglobalThis.late = 1\nexport default 1\n')
    sandbox.write('a.mjs', 'import \'first\'\n')
    sandbox.write('b.mjs', 'export const seen = String(globalThis.late)\n')
    sandbox.write('app.mjs', 'import \'./a.mjs\'\nimport { seen } from \'./b.mjs\'\nimport third from \'third\'\nconsole.log(seen, third)\n')
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('b.mjs', 3)
  })

  test('a package that only adds a global of which no own module knows stays in the base', async () => {
    sandbox.write('node_modules/third/index.js', 'globalThis.__third = { own: 1 }\nexport default 3\n')
    write({ 'a.mjs': { imports: ['slow'] } }, { imports: ['./a.mjs', 'third'] })
    await program.warmUp('client')
    program.edit('a.mjs')
    expect((await program.runLikePlain('client'))[0]).toMatch(warm)
    expect(program.bases()).toHaveLength(1)
    // The next time it does.
    sandbox.write('a.mjs', 'import p0 from \'slow\'\nexport const found = [p0, globalThis.__third]\n')
    await program.runLikePlain('client', 3)
    program.edit('a.mjs')
    await program.runLikePlain('client', 3)
  })

  test('a package that emits an event in a tick does so after the entry', async () => {
    sandbox.write('node_modules/first/index.js', `import { EventEmitter } from 'node:events'
const first = new EventEmitter()
process.nextTick(() => first.emit('ready'))
export default first
`)
    sandbox.write('app.mjs', 'import first from \'first\'\nfirst.on(\'ready\', () => console.log(\'ready\'))\nconsole.log(\'app\')\n')
    await program.warmUp('client')
    program.edit('app.mjs')
    await program.runLikePlain('client')
  })

  test('an own module that imports what Node has leaves all packages in the base', async () => {
    const imports = ['fs', 'events', 'path', 'http', 'util', 'process'].map((name) => `import ${name} from 'node:${name}'`).join('\n')
    write({ 'a.mjs': { imports: ['slow'], body: `${imports}\nexport const all = [fs.promises, fs.Dir, events.once, path.join, http.get, util.inspect, process.platform]` } },
      { imports: ['./a.mjs', 'third'] })
    sandbox.write('node_modules/third/index.js', 'export default 3\n')
    await program.warmUp('client')
    program.edit('a.mjs')
    const lines = await program.runLikePlain('client')
    expect(lines[0]).toMatch(warm)
    expect(program.plannedPackages()).toEqual([['slow/index.js', 'third/index.js']])
  })

  test.each(['b.mjs', 'node_modules/third/index.js'])('%s, changed while a base makes a zygote, is never had as it was', async (file) => {
    sandbox.write('node_modules/third/index.js', 'export default \'old\'\n')
    sandbox.write('b.mjs', 'export const b = \'old\'\n')
    sandbox.write('a.mjs', 'import \'slow\'\n')
    sandbox.write('app.mjs', 'import \'./a.mjs\'\nimport { b } from \'./b.mjs\'\nimport third from \'third\'\nconsole.log(b, third)\n')
    await program.warmUp('client')
    expect(program.bases()).toHaveLength(1)
    sandbox.write('a.mjs', `import 'slow'
const end = performance.now() + 600
while (performance.now() < end);
`)
    const run = sandbox.run('client', ['app.mjs'])
    await pause(300)
    sandbox.write(file, file === 'b.mjs' ? 'export const b = \'new\'\n' : 'export default \'new\'\n')
    await run
    await sandbox.untilSettled()
    await program.runLikePlain('client', 3)
  })

  test('a package that reads the entry has it as it is', async () => {
    sandbox.write('node_modules/first/index.js', 'import fs from \'node:fs\'\nexport default fs.readFileSync(process.argv[1], \'utf8\').length\n')
    write({}, { imports: ['first', 'third'] })
    await program.runLikePlain('client')
    await program.runThroughEdits('app.mjs', 3)
  })

  const registries: [what: string, text: string, change: string][] = [
    ['a property', 'export default { state: {} }', 'registry.state.set = 1'],
    ['a property of what a function has', 'const registry = () => 1; registry.defaults = { headers: {} }; export default registry', 'registry.defaults.headers.set = 1'],
    ['a list', 'const list = []; export default { list, add: () => list.push(1) }', 'registry.add()'],
    ['a map', 'export default new Map()', 'registry.set(1, 2)'],
    ['a binding', 'export let state = 0; export default { add: () => state++ }', 'registry.add()'],
  ]

  test.each(sampled(registries, node))('an own module that changes %s of a package comes before the packages after it', async (_, text, change) => {
    sandbox.write('node_modules/first/index.js', text)
    sandbox.write('node_modules/third/index.js', `import registry, * as all from 'first'
export default [JSON.stringify(registry), registry.size, Object.values(registry).map(String), String(all.state), JSON.stringify(registry.defaults), registry.list?.length]
`)
    write({ 'a.mjs': { imports: [], body: `import registry from 'first'; ${change}` } }, { imports: ['./a.mjs', 'third'] })
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('a.mjs', 2, 3)
  })

  test('no base where the settings want none', async () => {
    sandbox.write('package.json', '{ "type": "module", "instastart": { "base": false } }')
    write({}, { imports: ['first', 'second'] })
    await program.warmUp('client')
    expect(program.bases()).toEqual([])
    program.edit('app.mjs')
    expect(plainReason(await sandbox.run('client', ['app.mjs']))).toBe('stale')
    await sandbox.untilSettled()
  })

  test.each([['SIGKILL', 'SIGKILL'], ['SIGTERM', 'SIGTERM']] as const)('it ends with its zygote (%s)', async (_, signal) => {
    write({}, { imports: ['first'] })
    await program.warmUp('client')
    await sandbox.killZygotes(signal)
    await until('no base', () => program.bases().length === 0)
    await program.runLikePlain('client')
  })

  test('stop ends it, though its zygote has left for an edit', async () => {
    write({}, { imports: ['first'] })
    await program.warmUp('client')
    program.edit('app.mjs')
    await sandbox.run('client', ['stop', '--all'])
    await until('no base', () => program.bases().length === 0)
  })

  test('after an edit that fails, the run after its correction is warm', async () => {
    write({ 'a.mjs': { imports: ['first'] } }, { imports: ['./a.mjs', 'second'] })
    await program.warmUp('client')
    const [base] = program.bases()
    for (const body of ['throw new Error(\'own\')', 'const = 1', 'process.exit(3)']) {
      write({ 'a.mjs': { imports: ['first'], body } }, { imports: ['./a.mjs', 'second'] })
      const [attempt = '', again = ''] = await program.runLikePlain('client')
      expect(attempt).toMatch(/^plain run: broken-conversation/)
      // It would fail again.
      expect(again).toMatch(/^plain run: absent/)
      write({ 'a.mjs': { imports: ['first'], body: `export const corrected = ${JSON.stringify(body)}` } }, { imports: ['./a.mjs', 'second'] })
      const [corrected = ''] = await program.runLikePlain('client')
      expect(corrected).toMatch(warm)
      expect(program.bases()).toEqual([base])
    }
  })

  /** What is said to it by somebody who is no client of ours. Returns what is answered, until it hangs up or has said `bytes`. */
  const tellBase = (message: Uint8Array, bytes: number) =>
    new Promise<Buffer>((resolve) => {
      const folder = path.join(sandbox.runtime, 'instastart')
      const [door = ''] = fs.readdirSync(folder).filter((name) => name.endsWith('.base'))
      let said = Buffer.alloc(0)
      const socket = net.connect(path.join(folder, door), () => socket.write(message))
      // Where it has not read all, its hanging up is an error here.
      socket.on('error', () => undefined).on('close', () => resolve(said)).on('data', (data) => {
        said = Buffer.concat([said, data])
        if (said.length >= bytes) socket.destroy()
      })
    })

  const frame = (type: number): Buffer => {
    const header = Buffer.alloc(12)
    header.writeUInt32LE(0x69734131)
    header.writeUInt16LE(type, 4)
    return header
  }
  const refused = 3, remake = 14

  test('it makes no second zygote while there is one, and hears everything else meanwhile', async () => {
    write({}, { imports: ['first'] })
    await program.warmUp('client')
    for (let i = 0; i < 3; i++) expect((await tellBase(frame(remake), 12)).readUInt16LE(4)).toBe(refused)
    expect(sandbox.zygotes()).toHaveLength(1)
    const [base] = program.bases()
    expect((await program.runLikePlain('client', 1))[0]).toMatch(warm)
    process.kill(base!.pid, 'SIGTERM')
    await until('no base', () => program.bases().length === 0)
  })

  test('it hangs up on whoever says nothing, or nothing that it knows', async () => {
    write({}, { imports: ['first'] })
    await program.warmUp('client')
    const messages = [Buffer.alloc(0), Buffer.alloc(64, 1), frame(200), frame(remake).subarray(0, 7)]
    for (const message of messages) expect(await tellBase(message, 1)).toHaveLength(0)
    program.edit('app.mjs')
    expect((await program.runLikePlain('client', 1))[0]).toMatch(warm)
  })

  test('random edits of own modules are done by every run as by plain Node', async () => {
    const random = randomBy(node.major)
    const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
    const some = (from: readonly string[]) => from.filter(() => random(3) > 0)
    const bodies = ['', '', '', '', 'process.env.SETTING = 1', 'globalThis.setting = 1', 'delete process.env.SETTING', 'Object.prototype.setting = 1', 'console.log(1)', 'const late = await import(\'third\')']
    const names = ['first', 'second', 'third']
    let modules: Parameters<typeof write> = [{ 'a.mjs': { imports: ['first'] }, 'b.mjs': { imports: ['second'] } }, { imports: ['./a.mjs', './b.mjs', 'third'] }]
    write(...modules)
    await program.warmUp('client')
    const share = await program.warmShare(scaled(120, 8), (i) => {
      const [own, entry] = structuredClone(modules)
      const [module] = pick([...Object.values(own), entry].map((each) => [each]))
      if (!module) return
      // Most edits change no import.
      if (random(3) === 0) module.imports = [...some(names), ...module.imports.filter((each) => each.startsWith('.'))].sort(() => random(3) - 1)
      else module.body = `${pick(bodies)};${i}`
      modules = [own, entry]
      write(...modules)
    })
    recordFigure({ node: node.version, what: 'runs after random edits, warm', value: `${(100 * share).toFixed(0)} %` })
    expect(share).toBeGreaterThan(0)
  })

  test('the run after an edit takes at most a quarter of a plain run, whichever own module was edited', async () => {
    const count = scaled(12, 2)
    sandbox.write('node_modules/slow/index.js', packages.slow!.replace('400', '1000'))
    const own = Object.fromEntries(Array.from({ length: count }, (_, i) => [`own-${i}.mjs`, { imports: i % 3 === 0 ? ['first'] : ['slow'] }]))
    write(own, { imports: [...Object.keys(own).map((file) => `./${file}`), 'second'] })
    await program.warmUp('client')
    expect(program.plannedPackages()).toEqual([expect.objectContaining({ length: 3 })])
    const ratios = await program.ratiosAfterEdits([...Object.keys(own), 'app.mjs'])
    expect(program.plannedPackages()).toEqual([expect.objectContaining({ length: 3 })])
    const ratio = median(ratios)
    recordFigure({ node: node.version, what: 'the run after an edit / plain (at most 0.25)', value: ratio.toFixed(3) })
    expect(ratio).toBeLessThan(scaled(0.25, 0.75))
  })
})
