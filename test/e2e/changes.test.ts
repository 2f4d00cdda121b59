// Whatever changes in whatever way, the next run does not do what it did before; and what the program cannot notice costs nothing.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { recordFigure, sampled, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { randomBy } from '../support/random.js'
import { Sandbox, debugLine, isWarm, warmWays } from '../support/sandbox.js'

/** Files with a value in them, by how it is written there. The program has those that its links, settings and names lead to. */
const texts: Record<string, (value: string) => string> = {
  'own.ts': (value) => `export const value: string = '${value}'\n`,
  'shadowed.ts': (value) => `export const value: string = '${value}'\n`,
  'lib/plain.mjs': (value) => `import { value as inner } from 'modern'\nexport const value = '${value}' + inner\n`,
  'lib/aliased.ts': (value) => `export const value: string = '${value}'\n`,
  'other/aliased.ts': (value) => `export const value: string = '${value}'\n`,
  'lib/scoped-1.mjs': (value) => `export const value = '${value}'\n`,
  'lib/scoped-2.mjs': (value) => `export const value = '${value}'\n`,
  'store/one.mjs': (value) => `export const value = '${value}'\n`,
  'store/two.mjs': (value) => `export const value = '${value}'\n`,
  'store/folder-1/module.mjs': (value) => `export const value = '${value}'\n`,
  'store/folder-2/module.mjs': (value) => `export const value = '${value}'\n`,
  'node_modules/modern/index.js': (value) => `import fs from 'node:fs'
export const value = '${value}' + fs.readFileSync(new URL('data.txt', import.meta.url), 'utf8')
`,
  'node_modules/modern/data.txt': (value) => value,
  'node_modules/common/index.js': () => 'module.exports = require(\'./inner\')\n',
  'node_modules/common/inner.js': (value) => `module.exports = '${value}'\n`,
  'data/settings.json': (value) => `{ "value": "${value}" }`,
}

const fixed: Record<string, string> = {
  'node_modules/modern/package.json': '{ "name": "modern", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'node_modules/common/package.json': '{ "name": "common", "version": "1.0.0" }',
  'tsconfig.json': '{ "extends": "./tsconfig.base.json" }',
  'plugins/first.txt': '',
  'ask.mjs': `import fs from 'node:fs'
const at = (file) => new URL(file, import.meta.url)
const read = (file) => { try { return fs.readFileSync(at(file), 'utf8') } catch (error) { return error.code } }
export const asked = [read('data/settings.json'), read('.env'), fs.readdirSync(at('plugins')).sort(), fs.existsSync(at('data/flag'))]
`,
  'app.ts': `import common from 'common'
import { value as modern } from 'modern'
import { value as own } from './own.ts'
import { value as plain } from './lib/plain.mjs'
import { value as linked } from './linked.mjs'
import { value as far } from './far/module.mjs'
import { value as aliased } from '~/aliased'
import { value as scoped } from '#scoped'
import { value as shadowed } from './shadowed.js'
import { asked } from './ask.mjs'

console.log(JSON.stringify({ common, modern, own, plain, linked, far, aliased, scoped, shadowed, asked }))
`,
}

interface Change {
  name: string
  /** Otherwise the program could tell by no output, status or file. */
  isNoticeable: boolean
  make: (project: Project) => void
}

let store = ''
beforeAll(() => {
  store = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-store-')), 'store')
  execFileSync(process.env.CC ?? 'cc', [path.join(import.meta.dirname, '../support/store.c'), '-o', store])
})
afterAll(() => fs.rmSync(path.dirname(store), { recursive: true }))

class Project {
  readonly random: (below: number) => number
  readonly #folder: string
  readonly #outside: string
  #count = 10_000
  #hasFirstAlias = true
  #hasFirstScope = true

  constructor(sandbox: Sandbox, seed: number) {
    this.random = randomBy(seed)
    this.#folder = sandbox.project
    this.#outside = path.join(sandbox.directory, 'outside')
    fs.mkdirSync(this.#outside)
    for (const [file, text] of Object.entries(texts)) this.write(file, text(this.value()))
    for (const [file, text] of Object.entries(fixed)) this.write(file, text)
    fs.symlinkSync('store/one.mjs', this.at('linked.mjs'))
    fs.symlinkSync('store/folder-1', this.at('far'))
    this.writeAlias()
    this.writeScope()
  }

  at(file: string): string {
    return path.join(this.#folder, file)
  }

  write(file: string, text: string) {
    fs.mkdirSync(path.dirname(this.at(file)), { recursive: true })
    fs.writeFileSync(this.at(file), text)
  }

  /** A new one each time, all of the same size. */
  value(): string {
    return String(this.#count++)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)] as T
  }

  text(): { file: string; text: string } {
    const [file, textOf] = this.pick(Object.entries(texts))
    return { file: this.at(file), text: textOf(this.value()) }
  }

  /** Beside it, and then in its place. */
  replace(file: string, make: (temporary: string) => void) {
    const temporary = `${this.at(file)}.${this.value()}`
    make(temporary)
    fs.renameSync(temporary, this.at(file))
  }

  writeAlias() {
    this.#hasFirstAlias = !this.#hasFirstAlias
    this.write('tsconfig.base.json', JSON.stringify({ compilerOptions: { paths: { '~/*': [this.#hasFirstAlias ? './lib/*' : './other/*'] } } }))
  }

  writeScope() {
    this.#hasFirstScope = !this.#hasFirstScope
    this.write('package.json', JSON.stringify({ type: 'module', imports: { '#scoped': `./lib/scoped-${this.#hasFirstScope ? 1 : 2}.mjs` } }))
  }

  link(file: string, first: string, second: string) {
    const now = fs.readlinkSync(this.at(file))
    this.replace(file, (temporary) => fs.symlinkSync(now === first ? second : first, temporary))
  }

  /** There, if it was not, and otherwise gone. */
  toggle(file: string, make: () => void) {
    if (fs.existsSync(this.at(file))) fs.rmSync(this.at(file), { recursive: true })
    else make()
  }

  /** Under a new name in a folder elsewhere, or under the one that it has there already. */
  throughAnotherName(file: string): string {
    const name = path.join(this.#outside, file.replaceAll('/', '-'))
    if (!fs.existsSync(name) || fs.statSync(name).ino !== fs.statSync(file).ino) {
      fs.rmSync(name, { force: true })
      fs.linkSync(file, name)
    }
    return name
  }

  /** What is below it gets another place, and copies of it the old one. */
  renewFolder(folder: string) {
    const aside = `${this.at(folder)}.${this.value()}`
    fs.renameSync(this.at(folder), aside)
    fs.cpSync(aside, this.at(folder), { recursive: true, verbatimSymlinks: true })
    return () => fs.rmSync(aside, { recursive: true })
  }
}

const noticeable: Record<string, (project: Project) => void> = {
  'a file is written': (project) => {
    const { file, text } = project.text()
    fs.writeFileSync(file, text)
  },
  'a part of a file is written': (project) => {
    const { file, text } = project.text()
    const end = fs.openSync(file, 'r+')
    fs.writeSync(end, text)
    fs.closeSync(end)
  },
  'a file is written through another of its names': (project) => {
    const { file, text } = project.text()
    fs.writeFileSync(project.throughAnotherName(file), text)
  },
  'a file is changed by way of a mapping': (project) => {
    const { file, text } = project.text()
    execFileSync(store, [file, '0', text])
  },
  'another file takes its place': (project) => {
    const { file, text } = project.text()
    fs.writeFileSync(`${file}.new`, text)
    fs.renameSync(`${file}.new`, file)
  },
  'a file is removed and made anew': (project) => {
    const { file, text } = project.text()
    fs.rmSync(file)
    fs.writeFileSync(file, text)
  },
  'its size and time of modification stay': (project) => {
    const { file, text } = project.text()
    const { atime, mtime } = fs.statSync(file)
    fs.writeFileSync(file, text)
    fs.utimesSync(file, atime, mtime)
  },
  'it is older than what it replaces': (project) => {
    const { file, text } = project.text()
    fs.writeFileSync(`${file}.new`, text)
    fs.utimesSync(`${file}.new`, 1_000_000_000, 1_000_000_000)
    fs.renameSync(`${file}.new`, file)
  },
  'a link leads elsewhere': (project) => project.link('linked.mjs', 'store/one.mjs', 'store/two.mjs'),
  'a link to a folder leads elsewhere': (project) => project.link('far', 'store/folder-1', 'store/folder-2'),
  'a folder is renamed, and another has its name': (project) => {
    const folder = project.pick(['lib', 'store', 'store/folder-1', 'node_modules/common', 'node_modules', 'data'])
    const clear = project.renewFolder(folder)
    const [file = '', text] = project.pick(Object.entries(texts).filter(([name]) => name.startsWith(`${folder}/`)))
    fs.writeFileSync(project.at(file), text?.(project.value()) ?? '')
    clear()
  },
  'a package is upgraded': (project) => {
    project.write('node_modules/.modern/index.js', `export const value = '${project.value()}'\n`)
    project.write('node_modules/.modern/data.txt', project.value())
    project.write('node_modules/.modern/package.json', fixed['node_modules/modern/package.json']!.replace('1.0.0', project.value()))
    fs.rmSync(project.at('node_modules/modern'), { recursive: true })
    fs.renameSync(project.at('node_modules/.modern'), project.at('node_modules/modern'))
  },
  'a tsconfig that another one extends': (project) => project.writeAlias(),
  'package.json': (project) => project.writeScope(),
  'a file that would shadow another': (project) => project.toggle('shadowed.js', () => project.write('shadowed.js', `export const value = '${project.value()}'\n`)),
  'a package that is nearer': (project) => project.toggle('lib/node_modules', () => {
    project.write('lib/node_modules/modern/index.js', `export const value = '${project.value()}'\n`)
    project.write('lib/node_modules/modern/package.json', fixed['node_modules/modern/package.json']!)
  }),
  'a file that was not there': (project) => project.toggle('.env', () => project.write('.env', `SETTING=${project.value()}`)),
  'a file that is looked for': (project) => project.toggle('data/flag', () => project.write('data/flag', '')),
  'a name in a folder': (project) => project.toggle('plugins/second.txt', () => project.write('plugins/second.txt', '')),
}

const unnoticeable: Record<string, (project: Project) => void> = {
  'another file in a folder of the program': (project) => project.write(`${project.pick(['', 'lib/', 'data/', 'store/folder-1/'])}${project.value()}.mjs`, 'never imported'),
  'another file of a package': (project) => project.write(`node_modules/modern/${project.value()}.md`, 'read me'),
  'another package': (project) => project.write(`node_modules/package-${project.value()}/index.js`, 'module.exports = 1'),
  'a file that was never there is removed': (project) => {
    project.write('.swap', '')
    fs.rmSync(project.at('.swap'))
  },
  'a file is read': (project) => fs.readFileSync(project.text().file),
  'the text of a file in a folder that is listed': (project) => project.write('plugins/first.txt', project.value()),
}

const changes: Change[] = [[noticeable, true], [unnoticeable, false]].flatMap(([of, isNoticeable]) =>
  Object.entries(of as typeof noticeable).map(([name, make]) => ({ name, make, isNoticeable: isNoticeable as boolean })))

const shuffled = <T>(from: readonly T[], random: (below: number) => number): T[] =>
  from.map((each) => ({ each, at: random(1_000_000) })).sort((a, b) => a.at - b.at).map(({ each }) => each)

describe.each(nodes)('on Node $version', (node) => {
  const sandboxes: Sandbox[] = []
  afterEach(async () => {
    for (const sandbox of sandboxes.splice(0)) await sandbox.dispose()
  })

  const figures = { made: 0, unnoticeable: 0, plain: [] as string[] }

  /** `decks`: how often each change is made. */
  const changeAndRun = async (seed: number, decks: number) => {
    const sandbox = new Sandbox(node)
    sandboxes.push(sandbox)
    sandbox.engine = 'any'
    const project = new Project(sandbox, seed)
    const { random } = project
    const plainRun = async () => (await sandbox.run('register', ['app.ts'], { env: { INSTASTART: '0' } })).stdout
    let expected = await plainRun()
    expect(expected).toMatch(/^\{.*\}\n$/)
    let history = ''
    const run = async (change: string) => {
      const outcome = await sandbox.run(project.pick(warmWays), ['app.ts'])
      history = `${history.slice(-500)}\n${change}: ${debugLine(outcome)}`
      return outcome
    }
    const settledRun = async () => {
      await sandbox.untilSettled()
      const outcome = await run('nothing')
      expect(outcome.stdout, history).toBe(expected)
      return isWarm(outcome)
    }
    await run('nothing')
    await settledRun()
    const deck = Array.from({ length: decks }, () => shuffled(sampled(changes, node), random)).flat()
    for (const { name, isNoticeable, make } of deck) {
      // One in five right after another one, or while a zygote is made.
      if (!isNoticeable || random(5) > 0) await sandbox.untilSettled()
      const wasWarm = isNoticeable || await settledRun() || await settledRun()
      make(project)
      figures.made++
      const isAskedFirst = isNoticeable && random(2) > 0
      if (isAskedFirst) expected = await plainRun()
      const outcome = await run(name)
      if (isNoticeable && !isAskedFirst) expected = await plainRun()
      expect(outcome.stdout, history).toBe(expected)
      if (isNoticeable || !wasWarm) continue
      figures.unnoticeable++
      if (!isWarm(outcome)) figures.plain.push(`${name}: ${debugLine(outcome)}`)
    }
    await settledRun()
  }

  test.each(['a link', 'a folder'])('%s that leads elsewhere while the zygote is made makes another zygote', async (what) => {
    const sandbox = new Sandbox(node)
    sandboxes.push(sandbox)
    for (const name of ['one', 'two']) {
      sandbox.write(`${name}/module.mjs`, `export const value = '${name}'\n`)
      sandbox.write(`${name}/data.txt`, name)
    }
    if (what === 'a link') fs.symlinkSync('one', path.join(sandbox.project, 'far'))
    else fs.renameSync(path.join(sandbox.project, 'one'), path.join(sandbox.project, 'far'))
    sandbox.write('slow.mjs', 'const end = performance.now() + 500\nwhile (performance.now() < end);\n')
    sandbox.write('data.mjs', 'import fs from \'node:fs\'\nexport const data = fs.readFileSync(new URL(\'far/data.txt\', import.meta.url), \'utf8\')\n')
    sandbox.write('app.mjs', `import { value } from './far/module.mjs'
import { data } from './data.mjs'
import './slow.mjs'
console.log(value, data)
`)
    // Old enough for its age to say nothing.
    await setTimeout(50)
    expect(await sandbox.run('client', ['app.mjs'])).toMatchObject({ stdout: 'one one\n' })
    await until('a zygote', () => sandbox.zygotes().length > 0)
    await setTimeout(300)
    const at = (name: string) => path.join(sandbox.project, name)
    if (what === 'a link') {
      fs.symlinkSync('two', at('new'))
      fs.renameSync(at('new'), at('far'))
    } else {
      fs.renameSync(at('far'), at('one'))
      fs.renameSync(at('two'), at('far'))
    }
    await sandbox.untilSettled()
    for (let i = 0; i < 2; i++) {
      expect(await sandbox.run('client', ['app.mjs'])).toMatchObject({ stdout: 'two two\n' })
      await sandbox.untilSettled()
    }
  })

  test('the run after any change does what plain Node does, and is warm if the program cannot notice it', { timeout: scaled(7_200_000, 120_000) }, async () => {
    const runners = scaled(3, 1)
    await Promise.all(Array.from({ length: runners }, (_, i) => changeAndRun(node.major + 100 * i, scaled(17, 1))))
    recordFigure({ node: node.version, what: 'changes, each with a run after it: none old', value: String(figures.made) })
    recordFigure({ node: node.version, what: 'plain after a change that cannot be noticed', value: `${figures.plain.length} of ${figures.unnoticeable}` })
    expect(figures.unnoticeable).toBeGreaterThan(0)
    expect(figures.plain.length, figures.plain.join('\n')).toBeLessThanOrEqual(figures.unnoticeable / 100)
  })
})
