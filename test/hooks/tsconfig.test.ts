import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { copyFixture, register, run, succeeded, ways } from './run.js'

describe.each(nodes)('Node $version', (node) => {
  describe.each(ways)('with %s', (way) => {
    test.each(['module', 'commonjs'] as const)('the nearest tsconfig and what it extends hold for a %s program, from any directory', (type) => {
      const entry = path.join(copyFixture('tsconfig-paths', type), 'src/app.tsx')
      expect(run(node, [way, register, entry], { cwd: '/' })).toEqual(succeeded('by paths by exact path h(p) method assigned\n'))
    })

    test('INSTASTART_TSCONFIG names another one', () => {
      const project = copyFixture('tsconfig-paths', 'module')
      const outcome = run(node, [way, register, 'src/app.tsx'], { cwd: project, env: { INSTASTART_TSCONFIG: 'other.json' } })
      expect(outcome.stderr).toBe('')
      expect(outcome.stdout).toContain('by the other tsconfig by exact path')
    })

    test('a broken tsconfig is an error that names it and the place', () => {
      const project = copyFixture('tsconfig-paths', 'module')
      const file = path.join(project, 'config/base.json')
      fs.writeFileSync(file, '{\n  "compilerOptions": { "strict": true\n')
      const { stderr, status } = run(node, [way, register, path.join(project, 'src/app.tsx')])
      expect(status).toBe(1)
      expect(stderr).toContain(`${path.join(project, 'tsconfig.json')} cannot be used: it extends ${file}, where 3:1: `)
      expect(stderr).toContain('INSTASTART_TSCONFIG')
    })

    test('a tsconfig that extends a missing one is an error that names both', () => {
      const project = copyFixture('tsconfig-paths', 'module')
      fs.rmSync(path.join(project, 'config/base.json'))
      const { stderr, status } = run(node, [way, register, path.join(project, 'src/app.tsx')])
      expect(status).toBe(1)
      expect(stderr).toContain(`${path.join(project, 'tsconfig.json')} cannot be used`)
      expect(stderr).toContain('./config/base.json')
    })
  })
})
