// What looks at the code of a running program (coverage, stack traces, debuggers) finds the user's file and lines.
import fs from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { copyFixture, register, run, temporaryDirectory } from './run.js'
import { writeFiles } from './table/project.js'

/** Types at its beginning, which leave nothing behind: no line of the code is where it is in the file. */
const app = `interface Options {
  name: string
}

enum Level { Low = 1 }

function covered(options: Options): string {
  const text: string = options.name
  return text
}

function uncovered(options: Options): string {
  return options.name
}

debugger
console.log(covered({ name: 'app' }), Level.Low, typeof uncovered)
`
const lineOf = (text: string): number => app.split('\n').findIndex((line) => line.includes(text))

interface Coverage {
  'result': { url: string; functions: { functionName: string; ranges: { startOffset: number; count: number }[] }[] }[]
  'source-map-cache': Record<string, { lineLengths: number[]; data: SourceMapPayload }>
}

/** Where a position in the code is in the user's file. */
const originalLine = ({ lineLengths, data }: Coverage['source-map-cache'][string], offset: number): number => {
  let line = 0
  let column = offset
  // A line is followed by its end.
  for (; column > (lineLengths[line] ?? Infinity); line++) column -= (lineLengths[line] ?? 0) + 1
  const entry = new SourceMap(data).findEntry(line, column)
  return 'originalLine' in entry ? entry.originalLine : NaN
}

/** That of the main thread; other threads, of esbuild and of hooks, have files of their own. */
const readCoverage = (directory: string): Coverage => {
  const [file = ''] = fs.readdirSync(directory).filter((name) => name.endsWith('-0.json'))
  return JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8')) as Coverage
}

describe.each(nodes)('Node $version', (node) => {
  describe.each(['module', 'commonjs'] as const)('in a package of type %s', (type) => {
    const directory = temporaryDirectory()
    const entry = path.join(directory, 'app.ts')
    const { href } = pathToFileURL(entry)
    beforeAll(() => writeFiles(directory, { 'package.json': JSON.stringify({ type }), 'app.ts': app, 'throws.ts': `${app}\nthrow new Error('thrown')\n` }))

    test('coverage knows which functions of the file have run', () => {
      const coverage = temporaryDirectory()
      run(node, ['--import', register, entry], { env: { NODE_V8_COVERAGE: coverage } })
      const { result, 'source-map-cache': maps } = readCoverage(coverage)
      const map = maps[href]
      expect(map?.data.sources).toEqual([href])
      const functions = result.filter(({ url }) => url === href).flatMap((script) => script.functions)
      for (const [name, count] of [['covered', 1], ['uncovered', 0]] as const) {
        const ranges = functions.filter(({ functionName }) => functionName === name).flatMap((one) => one.ranges)
        expect(ranges).toHaveLength(1)
        expect(ranges[0]?.count).toBe(count)
        expect(map && originalLine(map, ranges[0]?.startOffset ?? 0)).toBe(lineOf(`function ${name}`))
      }
    })

    test('--enable-source-maps changes nothing', () => {
      const args = [path.join(directory, 'throws.ts')]
      const without = run(node, ['--import', register, ...args])
      expect(without.stderr).toContain(`throws.ts:${app.split('\n').length + 1}`)
      expect(run(node, ['--enable-source-maps', '--import', register, ...args])).toEqual(without)
    })

    test('a debugger stops at a line of the file', () => {
      const env = { BREAK_LINE: String(lineOf('return text')), BREAK_VARIABLE: 'text' }
      const attach = path.join(copyFixture('debugger'), 'attach.mjs')
      const { stdout } = run(node, ['--import', register, '--import', attach, entry], { env })
      const [stop = '', ...output] = stdout.split('\n')
      expect(JSON.parse(stop)).toEqual({ source: href, line: lineOf('return text'), value: 'app' })
      expect(output).toEqual(['app 1 function', ''])
    })
  })
})
