import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, warmWays } from '../support/sandbox.js'

/** Each takes part in the graph of `graph/app.ts` in another way. */
const edits: [what: string, file: string, from: string, to: string, shows: string][] = [
  ['the entry', 'app.ts', 'entry 1', 'entry 2', 'entry 2'],
  ['a dependency', 'count.ts', '= 1', '= 23', 'entry 1 23'],
  ['a dependency, its size kept', 'count.ts', '= 1', '= 2', 'entry 1 2'],
  ['package.json', 'package.json', 'first', 'second', 'second scope'],
  ['the tsconfig that another one extends', 'tsconfig.base.json', 'first', 'second', 'second alias'],
  ['tsconfig.json', 'tsconfig.json', '"./tsconfig.base.json"', '"./tsconfig.base.json", "compilerOptions": { "paths": { "~/*": ["./second/*"] } }', 'second alias'],
  ['a package', 'node_modules/package/first.js', 'first', 'other', 'other package'],
  ['a package\'s package.json', 'node_modules/package/package.json', 'first', 'second', 'second package'],
]

describe.each(nodes)('on Node $version', (node) => {
  describe.each(warmWays)('with %s', (way) => {
    let sandbox: Sandbox
    beforeEach(async () => {
      sandbox = new Sandbox(node, 'graph')
      const first = await sandbox.warmUp(way, ['app.ts'])
      expect(first).toMatchObject({ stdout: 'entry 1 1 first alias first scope first package\n', status: 0 })
    })
    afterEach(() => sandbox.dispose())

    test.each(sampled(way === 'client' ? edits : [...edits].reverse(), node))('an edit of %s is seen by the next run, and the one after that is warm again', async (_what, file, from, to, shows) => {
      expect(debugLine(await sandbox.run(way, ['app.ts']))).toMatch(/^warm run/)

      sandbox.write(file, sandbox.read(file).replace(from, to))
      const edited = await sandbox.run(way, ['app.ts'])
      expect(edited.stdout).toContain(shows)
      expect(debugLine(edited)).toBe(`plain run: stale: ${sandbox.project}/${file}`)

      await sandbox.untilParked(1)
      const after = await sandbox.run(way, ['app.ts'])
      expect(after.stdout).toBe(edited.stdout)
      expect(debugLine(after)).toMatch(/^warm run/)
    })
  })
})
