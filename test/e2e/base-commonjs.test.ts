// The base of a program of CommonJS, or of TypeScript that becomes it: its packages are loaded before own modules that have required them one by one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { median, recordFigure, sampled, scaled } from '../support/contract.js'
import { until } from '../support/conditions.js'
import { EditedProgram, warm } from '../support/edited-program.js'
import { nodes } from '../support/nodes.js'
import { randomBy } from '../support/random.js'
import { Sandbox, debugLine, warmWays, withoutDebugLines } from '../support/sandbox.js'

/** What it finds as it is evaluated, the packages before it included. */
const nosy = (name: string) => `const order = globalThis[Symbol.for('order')] ??= []
const base = (file) => file && require('node:path').basename(file)
module.exports = {
  name: '${name}', after: [...order], setting: process.env.SETTING, global: globalThis.setting, keys: Object.keys(Object.prototype).length,
  parent: base(module.parent?.filename), paths: module.parent?.paths, main: base(require.main?.filename), mainModule: base(process.mainModule?.filename),
}
order.push('${name}')
`

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  let program: EditedProgram
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.engine = 'any'
    program = new EditedProgram(sandbox, 'app.js')
    sandbox.write('package.json', '{}')
    for (const name of ['first', 'second', 'third', 'fourth']) writePackage(name, nosy(name))
    writePackage('slow', 'const end = performance.now() + 400\nwhile (performance.now() < end);\nmodule.exports = \'slow\'\n')
  })
  afterEach(() => sandbox.dispose())

  const writePackage = (name: string, source: string, more = {}) => {
    sandbox.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: './index.js', ...more }))
    sandbox.write(`node_modules/${name}/index.js`, source)
  }

  const required = (names: readonly string[]) => names.map((name, i) => `const p${i} = require('${name}')`)
  const list = (names: readonly string[]) => `[${names.map((_, i) => `p${i}`).join(', ')}]`

  /** What they require, and then do. The entry prints what the packages have found. */
  const write = (own: Record<string, [names: string[], body?: string]>, entry: string[], body = '') => {
    for (const [file, [names, does = '']] of Object.entries(own)) sandbox.write(file, [...required(names), does, `module.exports = ${list(names)}`, ''].join('\n'))
    sandbox.write('app.js', [...required(entry), body, `console.log(JSON.stringify(${list(entry)}))`, ''].join('\n'))
  }

  describe.each(warmWays)('with %s', (way) => {
    test('the run after an edit of an own module is warm, and the one after that is thawed', async () => {
      write({ 'a.js': [['first', './b']], 'b.js': [['third']] }, ['./a', 'second'])
      await program.warmUp(way)
      expect(program.bases()).toHaveLength(1)
      expect(program.plannedPackages()).toEqual([['first/index.js', 'third/index.js', 'second/index.js']])
      for (const file of scaled(['a.js', 'b.js', 'app.js'], ['b.js'])) {
        program.edit(file)
        expect((await program.runLikePlain(way, 1))[0]).toMatch(warm)
        await until('an image', async () => /thawed/.test((await program.runLikePlain(way, 1))[0] ?? ''))
      }
      expect(program.bases()).toHaveLength(1)
    })
  })

  test('TypeScript of a package without a type has a base, too', async () => {
    program = new EditedProgram(sandbox, 'app.ts')
    sandbox.write('a.ts', 'import * as first from \'first\'\nexport const found: unknown[] = [first, require.main === module, module.parent?.filename]\n')
    sandbox.write('app.ts', 'import { found } from \'./a\'\nimport second from \'second\'\nconsole.log(JSON.stringify([found, second, require.main === module]))\n')
    const plain = () => sandbox.run('register', ['app.ts'], { env: { INSTASTART: '0' } })
    const { stdout } = await plain()
    const runs = async () => {
      const outcome = await sandbox.run('client', ['app.ts'])
      expect(outcome.stdout).toBe(stdout)
      await sandbox.untilSettled()
      return debugLine(outcome)
    }
    await runs()
    program.edit('app.ts')
    await runs()
    program.edit('a.ts')
    expect(await runs()).toMatch(warm)
    expect(program.bases()).toHaveLength(1)
  })

  type Edit = [what: string, ...written: Parameters<typeof write>]
  const edits: Edit[] = [
    ['sets a variable that packages after it look at', { 'a.js': [['first'], 'process.env.SETTING = \'own\''] }, ['./a', 'second', 'third']],
    ['sets a variable for one package only', { 'a.js': [['first'], 'process.env.SETTING = \'own\'; require(\'second\'); delete process.env.SETTING'] }, ['./a', 'second', 'third']],
    ['sets a global', { 'a.js': [['first'], 'globalThis.setting = 1'] }, ['./a', 'second', 'third']],
    ['changes a prototype', { 'a.js': [['first'], 'Object.prototype.setting = 1'] }, ['./a', 'second', 'third']],
    ['replaces a class that Node loads late', { 'a.js': [['first'], 'Response = class Fake {}'] }, ['./a', 'second', 'third', 'asks']],
    ['requires another package in front', { 'a.js': [['third', 'first']] }, ['./a', 'second']],
    ['requires a package less', { 'a.js': [[]] }, ['./a', 'second', 'third']],
    ['leaves a package to another module', { 'a.js': [['./b']], 'b.js': [['first']] }, ['./a', 'second', 'third']],
    ['requires in another order', { 'a.js': [['first']] }, ['third', './a', 'second']],
    ['requires a package in a function of another module', { 'a.js': [['first']], 'b.js': [[], 'globalThis.late = () => require(\'third\')'], 'c.js': [['./b'], 'globalThis.late()'] },
      ['./a', './c', 'second', 'third']],
    ['only finds a package', { 'a.js': [['first'], 'require.resolve(\'third\')'] }, ['./a', 'second', 'third']],
    ['takes a package out of the cache', { 'a.js': [['first'], 'delete require.cache[require.resolve(\'first\')]; require(\'first\')'] }, ['./a', 'second', 'third']],
    ['patches a module of Node\'s', { 'a.js': [['first'], 'require(\'fs\').setting = 1'] }, ['./a', 'second', 'third', 'asks']],
    ['imports a package', { 'a.js': [['first'], 'import(\'third\')'] }, ['./a', 'second', 'third']],
    ['fails', { 'a.js': [['first'], 'throw new Error(\'own\')'] }, ['./a', 'second', 'third']],
    ['cannot be parsed', { 'a.js': [['first'], 'const = 1'] }, ['./a', 'second', 'third']],
    ['writes a file', { 'a.js': [['first'], 'require(\'fs\').writeFileSync(\'written\', \'1\')'] }, ['./a', 'second', 'third']],
  ]

  test.each(sampled(edits, node))('an own module that after an edit %s does that in every run', async (_, ...edited) => {
    writePackage('asks', 'module.exports = [require(\'fs\').setting, Response.name]\n')
    const before = () => write({ 'a.js': [['first']] }, ['./a', 'second', 'third'])
    before()
    await program.warmUp('client')
    expect(program.bases()).toHaveLength(1)
    write(...edited)
    await program.runLikePlain('client', 3)
    before()
    await program.runLikePlain('client', 3)
    // With a base of its own.
    write(...edited)
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('app.js', 1, 3)
    before()
    await program.runLikePlain('client')
  })

  /** Each by itself is done by plain Node in an order that a base would turn round. */
  const orders: [what: string, own: string, third: string][] = [
    ['a later package sets a variable', 'require(\'first\'); const seen = process.env.SETTING ?? \'\'; require(\'third\'); exports.seen = seen', 'process.env.SETTING = \'1\''],
    ['a later package sets a global', 'require(\'first\'); const seen = String(globalThis.setting); require(\'third\'); exports.seen = seen', 'globalThis.setting = 1'],
    ['a later package changes one before it', 'const first = require(\'first\'); const seen = String(first.setting); require(\'third\'); exports.seen = seen', 'require(\'first\').setting = 1'],
    ['a package asks for what is exported so far', 'exports.seen = 1; require(\'third\')', 'module.exports = module.parent.exports.seen'],
    ['a package asks for the main module\'s', 'require(\'third\'); exports.seen = 1', 'module.exports = Object.keys(require.main.exports)'],
    ['a package asks who requires who requires it', 'require(\'third\'); exports.seen = 1', 'module.exports = module.parent.parent.filename'],
    ['a package gives its parent other exports', 'require(\'third\'); const { seen } = module.exports; exports.seen = seen', 'module.parent.exports = { seen: 1 }'],
    ['a package adds to its parent', 'require(\'third\'); exports.seen = module.added', 'module.parent.added = 1'],
    ['a package adds to the main module\'s paths', 'require(\'third\'); exports.seen = require.main.paths[0]', 'require.main.paths.unshift(\'/added\')'],
    ['a package replaces what its parent exports', 'require(\'third\'); exports.seen = exports.done', 'module.parent.exports.done = 1'],
  ]

  test.each(sampled(orders, node))('order is that of plain Node: %s', async (_, own, third) => {
    writePackage('third', `${third}\n`)
    sandbox.write('a.js', `${own}\n`)
    sandbox.write('app.js', 'const { seen } = require(\'./a\')\nconst third = require(\'third\')\nconsole.log(seen, third)\n')
    await program.runLikePlain('client', 3)
    await program.runThroughEdits('a.js', 3, 3)
  })

  test('what is required by parents in no file, or by its own path, is what plain Node finds', async () => {
    writePackage('third', 'module.exports = [1, 2]\n')
    sandbox.write('a.js', `const { createRequire } = require('node:module')
const path = require('node:path')
const here = createRequire(__dirname + path.sep)
const absolute = require(path.join(__dirname, 'node_modules/first/index.js'))
exports.found = [here('third'), here('second'), absolute]
try { here('missing') } catch ({ code }) { exports.code = code }
`)
    sandbox.write('app.js', 'const a = require(\'./a\')\nconst fourth = require(\'fourth\')\nconsole.log(JSON.stringify(a), JSON.stringify(fourth))\n')
    await program.warmUp('client')
    await program.runThroughEdits('a.js', 3)
    expect(debugLine(await sandbox.run('client', ['app.js']))).toMatch(warm)
  })

  test('nobody but the program is warned that it asks for `module.parent`', async () => {
    const env = { NODE_PENDING_DEPRECATION: '1' }
    writePackage('third', 'exports.ask = () => module.parent.loaded\n')
    sandbox.write('app.js', 'const { ask } = require(\'third\')\nif (process.argv[2]) ask()\n')
    for (const args of [[], ['ask']]) {
      const plain = await sandbox.run('node', ['app.js', ...args], { env })
      const withoutPids = (text: string) => withoutDebugLines(text).replaceAll(/node:\d+/g, '')
      for (let i = 0; i < 4; i++) {
        const outcome = await sandbox.run('client', ['app.js', ...args], { env })
        expect(withoutPids(outcome.stderr), debugLine(outcome)).toBe(withoutPids(plain.stderr))
        await sandbox.untilSettled()
        if (i === 1) program.edit('app.js')
      }
    }
  })

  test('packages find own modules where they are, as soon as these are there', async () => {
    writePackage('third', `module.exports = () => [
  require.main.filename, require.main.loaded, require.main === module.parent.parent, require.main.children.length, require.main.require('./b'), require.main.exports.x,
  module.parent.filename, module.parent.loaded, module.parent.exports.x, module.parent.parent.filename, module.parent.children.length, module.parent instanceof module.constructor,
]
`)
    sandbox.write('b.js', 'exports.name = \'b\'\n')
    sandbox.write('a.js', 'const third = require(\'third\')\nexports.x = 1\nexports.third = third\n')
    sandbox.write('app.js', 'const { third } = require(\'./a\')\nconst { name } = require(\'second\')\nexports.x = 2\nconsole.log(name, third(), third() === third())\n')
    await program.warmUp('client')
    program.edit('a.js')
    const [edited] = await program.runLikePlain('client')
    expect(edited).toMatch(warm)
  })

  test.skipIf(node.major < 22)('ES modules among the own ones end what is in the base (Node 20 cannot require them)', async () => {
    writePackage('third', 'export const third = process.env.SETTING ?? \'unset\'\n', { type: 'module' })
    sandbox.write('b.mjs', 'import { third } from \'third\'\nprocess.env.SETTING = \'own\'\nexport const b = third\n')
    sandbox.write('app.js', 'const first = require(\'first\')\nconst { b } = require(\'./b.mjs\')\nconst second = require(\'second\')\nconsole.log(b, JSON.stringify([first, second]))\n')
    await program.warmUp('client')
    expect(program.plannedPackages()).toEqual([['first/index.js']])
    await program.runThroughEdits('b.mjs', 2)
    sandbox.write('app.js', 'const first = require(\'first\')\nconst { third } = require(\'third\')\nconst second = require(\'second\')\nconsole.log(third, JSON.stringify([first, second]))\n')
    await program.runThroughEdits('app.js', 2)
  })

  test('random edits of own modules are done by every run as by plain Node', async () => {
    const random = randomBy(node.major)
    const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
    const bodies = ['', '', '', '', 'process.env.SETTING = 1', 'globalThis.setting = 1', 'delete process.env.SETTING', 'Object.prototype.setting = 1', 'console.log(1)',
      'require(\'fourth\')', 'process.env.SETTING = 2; require(\'third\'); delete process.env.SETTING', 'require.resolve(\'third\')']
    const names = ['first', 'second', 'third']
    const modules: Record<string, [string[], string]> = { 'a.js': [['first'], ''], 'b.js': [['second'], ''], 'app.js': [['./a', './b', 'third'], ''] }
    const writeAll = () => {
      const { 'app.js': [entry, body] = [[], ''], ...own } = modules
      write(own, entry, body)
    }
    writeAll()
    await program.warmUp('client')
    const share = await program.warmShare(scaled(60, 8), (i) => {
      const module = pick(Object.values(modules))
      // Most edits change no require.
      if (random(3) === 0) module[0] = [...names.filter(() => random(3) > 0), ...module[0].filter((each) => each.startsWith('.'))].sort(() => random(3) - 1)
      else module[1] = `${pick(bodies)};${i}`
      writeAll()
    })
    recordFigure({ node: node.version, what: 'runs after random edits of CommonJS, warm', value: `${(100 * share).toFixed(0)} %` })
    expect(share).toBeGreaterThan(0)
  })

  test('the run after an edit takes at most a quarter of a plain run, whichever own module was edited', async () => {
    const count = scaled(12, 2)
    writePackage('slow', 'const end = performance.now() + 1000\nwhile (performance.now() < end);\n')
    const own = Object.fromEntries(Array.from({ length: count }, (_, i) => [`own-${i}.js`, [i % 3 === 0 ? ['first'] : ['slow']]] as [string, [string[]]]))
    write(own, [...Object.keys(own).map((file) => `./${file}`), 'second'])
    await program.warmUp('client')
    const ratios = await program.ratiosAfterEdits([...Object.keys(own), 'app.js'])
    const ratio = median(ratios)
    recordFigure({ node: node.version, what: 'the run after an edit of CommonJS / plain (at most 0.25)', value: ratio.toFixed(3) })
    expect(ratio).toBeLessThan(scaled(0.25, 0.75))
  })
})
