import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { copyFixture, register, run, succeeded, ways } from './run.js'

/** Without the frames of the loader: Node takes another of its internal paths where there is a hook, or an --import. */
const withoutLoaderFrames = (text: string): string => {
  const isLoaders = (line: string) => /^ +at .*\b(?:node|instastart):/.test(line)
    || (line.startsWith('    at ') && line.includes(path.dirname(register)))
  return text.split('\n').filter((line) => !isLoaders(line)).join('\n')
}

describe.each(nodes)('Node $version', (node) => {
  const directory = copyFixture('javascript', 'none')
  const noop = ['--import', 'data:text/javascript,']

  describe.each(ways)('with %s', (way) => {
    test.each([
      'entry.cjs', 'entry.mjs', 'missing.cjs', 'missing.mjs', 'syntax.cjs', 'syntax.mjs', 'throws.cjs', 'throws.mjs',
    ])('%s does what it does without us, errors included', (name) => {
      const entry = path.join(directory, name)
      const plain = run(node, way === '--import' ? [...noop, entry] : [entry])
      const ours = run(node, [way, register, entry])
      expect(withoutLoaderFrames(ours.stderr)).toBe(withoutLoaderFrames(plain.stderr))
      expect(ours).toMatchObject({ stdout: plain.stdout, status: plain.status })
    })

    test('a JavaScript program loads neither esbuild nor get-tsconfig, nor what only TypeScript needs of ours', () => {
      const list = 'process.on("exit", () => console.log(Object.keys(require.cache).filter((file) => /esbuild|get-tsconfig|later/.test(file))))'
      expect(run(node, [way, register, '--eval', list], { cwd: directory })).toEqual(succeeded('[]\n'))
    })

    test('TypeScript can be required from JavaScript', () => {
      expect(run(node, [way, register, path.join(directory, 'requires-typescript.cjs')])).toEqual(succeeded('1\n'))
    })

    test('TypeScript can be imported from JavaScript in a project with a tsconfig', () => {
      const project = copyFixture('javascript', 'module')
      const env = { INSTASTART_TSCONFIG: path.join(project, 'data.json') }
      expect(run(node, [way, register, path.join(project, 'imports-typescript.mjs')], { env })).toEqual(succeeded('1\n'))
    })
  })
})
