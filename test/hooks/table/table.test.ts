// The table, on every major, plain with us and with tsx. A row for which Node or tsx is another matter says so in its data.
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { NodeBinary } from '../../support/nodes.js'
import { everyNode } from '../../support/nodes.js'
import { register, run, temporaryDirectory, tsx, ways } from '../run.js'
import { writeProject } from './project.js'
import { asPrinted, expectedOfTsx, expectedOfUs, packageTypes } from './row.js'
import { rowsOf } from './rows.js'

const resultsOf = (node: NodeBinary, preload: readonly string[], entry: string): Record<string, unknown> => {
  const { stdout, stderr } = run(node, [...preload, entry])
  try {
    return JSON.parse(stdout) as Record<string, unknown>
  } catch {
    throw new Error(stderr)
  }
}

/** Of an error only a part is known. */
const expectResult = (result: unknown, expected: unknown): void => {
  if (expected instanceof RegExp) expect(result).toMatch(expected)
  else expect(result).toEqual(asPrinted(expected))
}

describe.each(packageTypes)('in a package of type %s', (type) => {
  const rows = rowsOf(type)
  const directory = temporaryDirectory()
  writeProject(directory, rows, type)

  describe.each(everyNode)('Node $version', (node) => {
    describe.each(ways)('with %s', (way) => {
      const results = resultsOf(node, [way, register], path.join(directory, 'one-by-one.ts'))

      test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
        expectResult(results[row.name], expectedOfUs(row, node, type))
      })
    })

    describe('tsx', () => {
      const results = resultsOf(node, ['--import', tsx], path.join(directory, 'one-by-one.ts'))

      test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
        expectResult(results[row.name], expectedOfTsx(row, node, type))
      })
    })
  })
})
