// TypeScript under flags of Node that change how modules are loaded.
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { register, run, succeeded, temporaryDirectory, ways } from './run.js'
import { writeFiles } from './table/project.js'

const fake = `Object.defineProperty(exports, '__esModule', { value: true })\nexports.named = 'named'\n`

const files = {
  'package.json': '{"type":"module"}',
  'app.ts': `import { value } from './value.js'\nimport { named } from 'dependency'\nimport { own } from './own.cjs'\nenum A { One = 1 }\nconsole.log(value, named, own, A.One)\n`,
  'value.ts': `export const value: string = 'value'\n`,
  'own.cts': `export const own: string = 'own'\n`,
  'node_modules/dependency/package.json': '{"exports":{"special":"./special.ts","default":"./index.js"}}',
  'node_modules/dependency/index.js': fake,
  'node_modules/dependency/special.ts': `export const named: string = 'special'\n`,
  'app.test.ts': `import test from 'node:test'\nimport assert from 'node:assert'\nimport { value } from './value.js'\nenum A { One = 1 }\ntest('value', () => assert.equal(value, 'value'))\ntest('fails', { todo: true }, () => assert.equal(A.One, 2))\n`,
}

describe.each(nodes)('Node $version', (node) => {
  const directory = temporaryDirectory()
  beforeAll(() => writeFiles(directory, files))

  describe.each(ways)('with %s', (way) => {
    const go = (flags: readonly string[], name = 'app.ts') => run(node, [...flags, way, register, path.join(directory, name)], { cwd: directory })

    test('--jitless, where the parser for CommonJS is not WebAssembly: names of CommonJS are imported', () => {
      expect(go(['--jitless'])).toMatchObject({ stdout: 'value named own 1\n', status: 0 })
    })

    test('--throw-deprecation: nothing of ours is deprecated', () => {
      expect(go(['--throw-deprecation'])).toEqual(succeeded('value named own 1\n'))
    })

    test('--conditions: exports name TypeScript for some', () => {
      expect(go(['--conditions=special'])).toEqual(succeeded('value special own 1\n'))
    })

    test('--test: a test file runs, and what fails is found in it', () => {
      const { stdout, status } = go(['--test', '--test-reporter=tap'], 'app.test.ts')
      expect(status).toBe(0)
      expect(stdout).toContain('ok 1 - value')
      expect(stdout).toContain(`app.test.ts:6:`)
    })

    test('--eval: TypeScript is imported', () => {
      const script = `import(${JSON.stringify(path.join(directory, 'value.ts'))}).then(({ value }) => console.log(value))`
      expect(run(node, [way, register, '--eval', script], { cwd: directory })).toEqual(succeeded('value\n'))
    })
  })
})
