import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { copyFixture, register, run, ways } from './run.js'

describe.each(nodes)('Node $version', (node) => {
  describe.each(ways)('with %s', (way) => {
    test.each(['module', 'commonjs', 'none'] as const)('a stack trace shows the lines of the source (package type %s)', (type) => {
      const entry = path.join(copyFixture('errors', type), 'throws.ts')
      const { stderr, status } = run(node, [way, register, entry])
      expect(status).toBe(1)
      expect(stderr).toContain(`at fail (${entry}:6:9)`)
      expect(stderr).toContain(`${entry}:9:1`)
      expect(stderr).toContain("  throw new Error(`failed ${options.name}`)")
    })

    test.each(['module', 'commonjs', 'none'] as const)('a syntax error has file, line and code frame (package type %s)', (type) => {
      const directory = copyFixture('errors', type)
      const { stderr, status } = run(node, [way, register, path.join(directory, 'imports-syntax.ts')])
      expect(status).toBe(1)
      expect(stderr).toContain(`${path.join(directory, 'syntax.ts')}:2:14: Expected`)
      expect(stderr).toContain('  2 | const broken string = 2\n    |              ^^^^^^')
      expect(stderr).toContain('INSTASTART_SYNTAX')
    })

    test('a missing module is the error that Node makes of it', () => {
      const entry = path.join(copyFixture('errors', 'module'), 'missing.ts')
      const { stderr } = run(node, [way, register, entry])
      expect(stderr).toContain(`Cannot find module '${path.join(path.dirname(entry), 'not-there.js')}' imported from ${entry}`)
      expect(stderr).toContain('ERR_MODULE_NOT_FOUND')
    })

    test('a missing module that is required leaves the requiring line in the stack trace', () => {
      const entry = path.join(copyFixture('errors', 'commonjs'), 'missing.ts')
      expect(run(node, [way, register, entry]).stderr).toMatch(new RegExp(`at .*${entry}:1:\\d+`))
    })
  })
})
