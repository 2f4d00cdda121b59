// A zygote on Node 20 is started with --expose-internals: a program that runs in one must not find anything that a plain run has not.
import { afterAll, describe, expect, test } from 'vitest'
import { everyNode } from '../support/nodes.js'
import { expectParity } from '../support/parity.js'
import { Sandbox } from '../support/sandbox.js'

const looks = `
import './other.js'
import * as nodeModule from 'node:module'
const require = nodeModule.createRequire(import.meta.url)
const attempt = (what: () => unknown) => { try { return typeof what() } catch (error) { return (error as { code?: unknown }).code } }
const ids = ['internal/modules/esm/loader', 'node:internal/modules/esm/loader', 'internal/test/binding', 'internal/bootstrap/realm', 'internal/deps/acorn/acorn/dist/acorn']
console.log(JSON.stringify({
  builtins: [nodeModule.builtinModules, (nodeModule.default as any).builtinModules, require('module').builtinModules].map((names) => [names.length, names.filter((name: string) => name.startsWith('internal'))]),
  isBuiltin: ids.map((id) => nodeModule.isBuiltin(id)),
  required: ids.map((id) => attempt(() => require(id))),
  resolved: ids.map((id) => attempt(() => require.resolve(id))),
  gotten: ids.map((id) => attempt(() => (process as any).getBuiltinModule?.(id))),
  bindings: ['natives', 'config', 'internalBinding', 'module_wrap', 'loaders'].map((name) => attempt(() => (process as any).binding(name))),
  imported: await Promise.all(ids.map((id) => import(id).then(() => 'module', (error) => error.code))),
  flags: process.execArgv.filter((flag) => flag.includes('internals')),
  options: process.env.NODE_OPTIONS ?? null,
  globals: Object.getOwnPropertyNames(globalThis).length,
}, null, 1))
`

describe.each(everyNode)('Node $version', (node) => {
  const sandbox = new Sandbox(node)
  afterAll(() => sandbox.dispose())

  test('a warm run sees no more of Node than a plain run', async () => {
    sandbox.write('package.json', '{"type":"module"}')
    sandbox.write('app.ts', looks)
    sandbox.write('other.ts', 'export const other: number = 1\n')
    const { stdout } = await expectParity(sandbox, 'register', ['app.ts'], { env: { NODE_NO_WARNINGS: '1' } })
    expect(JSON.parse(stdout)).toMatchObject({ isBuiltin: [false, false, false, false, false], flags: [] })
  })
})
