// Hooks of others in the same process, before and after ours: each sees every file, and what one supplies is what the next one gets.
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { expectParity } from '../support/parity.js'
import { Sandbox } from '../support/sandbox.js'
import { register, run, succeeded, temporaryDirectory } from './run.js'
import { writeFiles } from './table/project.js'

/** Replaces a word in the text that it gets, and tells what kind of text that was: with types still in it, or compiled. */
const loadHook = `
  const result = await_ nextLoad(url, context)
  if (!url.endsWith('/value.ts')) return result
  const { readFileSync } = process.getBuiltinModule?.('node:fs') ?? fs
  const text = String(result.source ?? readFileSync(new URL(url), 'utf8'))
  note(text.includes(': string') ? 'source' : 'compiled', result.format)
  return { ...result, source: text.replace('original', 'replaced'), shortCircuit: true }
`
const resolveHook = `
  if (specifier !== 'other:value') return nextResolve(specifier, context)
  return nextResolve('./value.ts', context)
`

const files = (type: string): Record<string, string> => ({
  'package.json': JSON.stringify({ type }),
  'app.ts': `import { value } from './value.js'\nconst text: string = value\nconsole.log(text)\n`,
  'asks-other.ts': `import { value } from 'other:value'\nconst text: string = value\nconsole.log(text)\n`,
  'value.ts': `export const value: string = 'original'\n`,
  'synchronous.mjs': `
import { registerHooks } from 'node:module'
import fs from 'node:fs'
const note = (...words) => console.log(...words)
registerHooks({ resolve(specifier, context, nextResolve) {${resolveHook}}, load(url, context, nextLoad) {${loadHook.replace('await_ ', '')}} })
`,
  'threaded.mjs': `
import fs from 'node:fs'
const note = (...words) => fs.writeSync(1, words.join(' ') + '\\n')
export const resolve = async (specifier, context, nextResolve) => {${resolveHook}}
export const load = async (url, context, nextLoad) => {${loadHook.replace('await_', 'await')}}
`,
  'register-thread.mjs': `import { register } from 'node:module'\nregister('./threaded.mjs', import.meta.url)\n`,
  'registers-later.mts': `
import './synchronous.mjs'
const later: { value: string } = await import('./value.js')
console.log(later.value)
`,
})

describe.each(nodes)('Node $version', (node) => {
  describe.each(['module', 'commonjs'] as const)('in a package of type %s', (type) => {
    const directory = temporaryDirectory()
    beforeAll(() => writeFiles(directory, files(type)))
    const go = (preloads: readonly string[], entry: string) =>
      run(node, [...preloads.flatMap((preload) => ['--import', preload === 'us' ? register : `./${preload}`]), path.join(directory, entry)], { cwd: directory })

    describe.runIf(node.major > 20)('hooks by registerHooks (Node 20 has none)', () => {
      test('before ours get the text of the file, and we get what they make of it', () => {
        expect(go(['synchronous.mjs', 'us'], 'app.ts')).toEqual(succeeded(`source ${type}\nreplaced\n`))
      })

      test('after ours get what we have compiled', () => {
        expect(go(['us', 'synchronous.mjs'], 'app.ts')).toEqual(succeeded(`compiled ${type}\nreplaced\n`))
      })

      test.each([['before', ['synchronous.mjs', 'us']], ['after', ['us', 'synchronous.mjs']]] as const)('%s ours resolve names of their own to TypeScript', (_, preloads) => {
        expect(go(preloads, 'asks-other.ts').stdout).toMatch(/\nreplaced\n$/)
      })

      // Where an ES module imports CommonJS, Node 22 compiles it with another `require` if it takes the text of hooks: see commonjs-import.ts.
      const isHandedOver = node.major === 22 && type === 'commonjs'
      test(`of the program itself ${isHandedOver ? 'see' : 'hold for'} what it imports later`, () => {
        expect(go(['us'], 'registers-later.mts')).toEqual(succeeded(`compiled ${type}\n${isHandedOver ? 'original' : 'replaced'}\n`))
      })
    })

    describe.runIf(node.major > 20)('a warm run (Node 20 has no registerHooks)', () => {
      const sandbox = new Sandbox(node)
      afterAll(() => sandbox.dispose())

      test('has the hooks that a module of the program has registered', async () => {
        writeFiles(sandbox.project, { ...files(type), 'app.mts': `
          import './silent.mjs'
          const { value }: { value: string } = await import('./value.ts')
          console.log(value)
        `, 'silent.mjs': `
          import { registerHooks } from 'node:module'
          registerHooks({ load: (url, context, nextLoad) => {
            const result = nextLoad(url, context)
            return url.endsWith('/value.ts') ? { ...result, source: String(result.source).replace('original', 'replaced') } : result
          } })
        ` })
        const { stdout } = await expectParity(sandbox, 'register', ['app.mts'])
        expect(stdout).toBe(node.major === 22 && type === 'commonjs' ? 'original\n' : 'replaced\n')
      })
    })

    describe.runIf(node.major === 20)('hooks by register, on Node 20', () => {
      // CommonJS is compiled where it runs, which hooks on a thread do not see.
      test.runIf(type === 'module')('before ours get the text of the file, and we get what they make of it (CommonJS is none of theirs)', () => {
        expect(go(['register-thread.mjs', 'us'], 'app.ts')).toEqual(succeeded('source module\nreplaced\n'))
      })

      test.runIf(type === 'module')('after ours get what we have compiled (CommonJS is none of theirs)', () => {
        expect(go(['us', 'register-thread.mjs'], 'app.ts')).toEqual(succeeded('compiled module\nreplaced\n'))
      })
    })
  })
})
