// The table in one program, plain, cold and warm: what the hooks do in a zygote is what they do in a plain run.
import { afterAll, describe, expect, test } from 'vitest'
import { nodes } from '../../support/nodes.js'
import { expectParity } from '../../support/parity.js'
import { Sandbox } from '../../support/sandbox.js'
import { writeProject } from './project.js'
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
  })
})
