import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { copyFixture, register, run, succeeded, tsx, ways } from './run.js'

describe.each(nodes)('Node $version', (node) => {
  describe.each(ways)('with %s', (way) => {
    test.each(['module', 'commonjs', 'none'] as const)('a program of TypeScript files runs where the package type is %s', (type) => {
      const program = copyFixture('program', type)
      const expected = "hello app red [ { width: 7 } ] undefined <b>bold</b> true value 4 1\ndynamic { width: 7 }\n"
      expect(run(node, [way, register, path.join(program, 'app.ts')])).toEqual(succeeded(expected))
    })

    test('what TypeScript adds to the language has its meaning', () => {
      const language = path.join(copyFixture('types', 'commonjs'), 'language.ts')
      expect(run(node, [way, register, language])).toEqual(succeeded("4 3 derived 2 function cast 2\n"))
    })

    test('a file without a package type is an ES module if it has top-level await', () => {
      expect(run(node, [way, register, path.join(copyFixture('types', 'none'), 'top-level-await.ts')])).toEqual(succeeded('3 undefined\n'))
    })

    test('a file without a package type is an ES module if it has import.meta', () => {
      expect(run(node, [way, register, path.join(copyFixture('types', 'none'), 'import-meta.ts')])).toEqual(succeeded('true true true\n'))
    })

    test.each(['commonjs', 'none'] as const)('in CommonJS (package type %s) require, module and the cache are the real ones', (type) => {
      const entry = path.join(copyFixture('types', type), 'commonjs-globals.ts')
      const { stdout, stderr } = run(node, [way, register, entry])
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toEqual({
        main: true,
        cached: ['commonjs-globals.ts', 'leaf.ts'],
        file: 'commonjs-globals.ts',
        directory: true,
        resolved: 'leaf.ts',
        parent: true,
        children: ['leaf.ts'],
        extensions: 'object',
        leaf: 'leaf',
      })
    })

    test('the names of a CommonJS file can be imported, those that it re-exports too', () => {
      expect(run(node, [way, register, path.join(copyFixture('types', 'none'), 'names.mts')])).toEqual(succeeded('leaf 1 true\n'))
    })

    test('a cycle of CommonJS files is evaluated once', () => {
      const entry = path.join(copyFixture('types', 'none'), 'cycle-a.cts')
      expect(run(node, [way, register, entry])).toEqual(run(node, ['--import', tsx, entry]))
      expect(run(node, [way, register, entry]).stdout.match(/a starts/g)).toHaveLength(1)
    })

    test('an ES module can be required', () => {
      expect(run(node, [way, register, path.join(copyFixture('types', 'none'), 'requires-module.cts')])).toEqual(succeeded('leaf true\n'))
    })

    test('a program means the same as under tsx', () => {
      const entry = path.join(copyFixture('types', 'commonjs'), 'language.ts')
      expect(run(node, [way, register, entry])).toEqual(run(node, ['--import', tsx, entry]))
    })

    test('specifiers find the TypeScript file: beside JavaScript, by imports of package.json, with dots, once for each query', () => {
      const entry = path.join(copyFixture('resolution'), 'app.ts')
      expect(run(node, [way, register, entry])).toEqual(succeeded('typescript mapped dotted false mapped.ts mapped.ts\n'))
    })
  })

  test('a TypeScript file runs in a worker', () => {
    const program = copyFixture('program', 'module')
    const start = `new (require('node:worker_threads').Worker)(${JSON.stringify(path.join(program, 'app.ts'))})`
    expect(run(node, ['--import', register, '--eval', start], { cwd: program }).stdout).toContain('dynamic { width: 7 }')
  })
})
