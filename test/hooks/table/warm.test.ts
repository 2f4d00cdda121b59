// The table in one program, plain, cold and warm: what the hooks do in a zygote is what they do in a plain run.
import { afterAll, describe, expect, test } from 'vitest'
import { nodes } from '../../support/nodes.js'
import { expectParity } from '../../support/parity.js'
import { Sandbox } from '../../support/sandbox.js'
import { writeFiles, writeProject } from './project.js'
import { asPrinted, expectedOfUs, packageTypes } from './row.js'
import { rowsOf } from './rows.js'

describe.each(packageTypes)('in a package of type %s', (type) => {
  describe.each(nodes)('Node $version', (node) => {
    // An error as a row's result would end a program that imports all rows.
    const rows = rowsOf(type).filter((row) => !(expectedOfUs(row, node, type) instanceof RegExp))
    const sandbox = new Sandbox(node)
    afterAll(() => sandbox.dispose())

    test('a program that imports all rows is the same in a plain, a first and a warm run', async () => {
      writeProject(sandbox.project, rows, type)
      // A warning has the number of the process in it.
      const { stdout } = await expectParity(sandbox, 'register', ['all-at-once.ts'], { env: { NODE_NO_WARNINGS: '1' } })
      expect(JSON.parse(stdout)).toEqual(Object.fromEntries(rows.map((row) => [row.name, asPrinted(expectedOfUs(row, node, type))])))
    })

    test('a tsconfig holds in a warm run as in a plain run, for what is imported later, too', async () => {
      writeFiles(sandbox.project, {
        'package.json': JSON.stringify({ type }),
        'tsconfig.json': '{"extends":["./base.json"],"compilerOptions":{"allowJs":true,"jsx":"react","jsxFactory":"h"}}',
        'base.json': '{"compilerOptions":{"paths":{"@/*":["./src/*"]},"experimentalDecorators":true}}',
        'with-tsconfig.tsx': `
          import { value } from '@/value'
          import { required } from './requires.cjs'
          const h = (...all: unknown[]) => all.length
          const seen = (target: Function) => console.log(target.name, required, value, <a />)
          @seen class Seen {}
          import('@/later.js').then(({ later }) => console.log(later, typeof Seen))
        `,
        'requires.cjs': `exports.required = require('@/for-javascript').value\n`,
        'src/value.ts': `export const value: string = 'value'\n`,
        'src/for-javascript.cts': `export const value: string = 'never taken'\n`,
        'src/for-javascript.ts': `export const value: string = 'required'\n`,
        'src/later.ts': `export const later: string = 'later'\n`,
      })
      const { stdout } = await expectParity(sandbox, 'register', ['with-tsconfig.tsx'])
      expect(stdout).toBe('Seen required value 2\nlater function\n')
    })
  })
})
