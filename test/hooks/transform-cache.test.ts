import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { copyFixture, register, run, start, succeeded, temporaryDirectory } from './run.js'

const filesBelow = (directory: string): string[] =>
  fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => path.join(directory, name)).filter((file) => fs.statSync(file).isFile())

describe.each(nodes)('Node $version', (node) => {
  const program = copyFixture('program', 'module')
  const entry = path.join(program, 'app.ts')
  const go = (cache: string, env: Record<string, string> = {}) => run(node, ['--import', register, entry], { cache, env })
  const expected = go(temporaryDirectory()).stdout
  /** No compiler at all: a run that succeeds has found every file in the cache. */
  const withoutCompiler = { ESBUILD_BINARY_PATH: '/bin/false' }

  test('a second run needs no compiler', () => {
    const cache = temporaryDirectory()
    expect(go(cache, withoutCompiler).status).not.toBe(0)
    expect(go(cache)).toEqual(succeeded(expected))
    expect(go(cache, withoutCompiler)).toEqual(succeeded(expected))
  })

  test('entries are sharded and for the user alone', () => {
    const cache = temporaryDirectory()
    go(cache)
    const files = filesBelow(cache)
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      expect(path.relative(cache, file)).toMatch(/^instastart\/transform\/[\da-f]{2}\/[\da-f]{30}$/)
      expect(fs.statSync(file).mode & 0o777).toBe(0o600)
      expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
    }
  })

  test('a truncated or altered entry is ignored and replaced', () => {
    const cache = temporaryDirectory()
    go(cache)
    const before = filesBelow(cache).map((file) => [file, fs.readFileSync(file, 'utf8')] as const)
    before.forEach(([file, text], i) => fs.writeFileSync(file, i % 2 ? text.slice(0, -20) : `${text} `))
    expect(go(cache)).toEqual(succeeded(expected))
    for (const [file, text] of before) expect(fs.readFileSync(file, 'utf8')).toBe(text)
  })

  test('an entry under the name of another is ignored and replaced', () => {
    const cache = temporaryDirectory()
    go(cache)
    const before = filesBelow(cache).map((file) => [file, fs.readFileSync(file, 'utf8')] as const)
    before.forEach(([file], i) => fs.writeFileSync(file, before[(i + 1) % before.length]?.[1] ?? ''))
    expect(go(cache)).toEqual(succeeded(expected))
    for (const [file, text] of before) expect(fs.readFileSync(file, 'utf8')).toBe(text)
  })

  test('runs at the same time leave whole entries only', async () => {
    const cache = temporaryDirectory()
    const runs = await Promise.all([1, 2, 3].map(() => start(node, ['--import', register, entry], { cache })))
    expect(runs).toEqual([expected, expected, expected])
    expect(go(cache, withoutCompiler)).toEqual(succeeded(expected))
    expect(filesBelow(cache).filter((file) => path.basename(file).startsWith('.'))).toEqual([])
  })

  test('a change of the source or of the tsconfig is seen', () => {
    const cache = temporaryDirectory()
    const directory = copyFixture('tsconfig-paths', 'module')
    const file = path.join(directory, 'src/app.tsx')
    const runIt = () => run(node, ['--import', register, file], { cache }).stdout
    expect(runIt()).toBe('by paths by exact path h(p) method assigned\n')
    fs.writeFileSync(path.join(directory, 'config/base.json'), fs.readFileSync(path.join(directory, 'config/base.json'), 'utf8').replace('false', 'true'))
    expect(runIt()).toBe('by paths by exact path h(p) method undefined\n')
    fs.appendFileSync(file, 'console.log("more")\n')
    expect(runIt()).toBe('by paths by exact path h(p) method undefined\nmore\n')
  })

  test('a place that cannot be written turns the cache off, and nothing else', () => {
    const file = path.join(temporaryDirectory(), 'file')
    fs.writeFileSync(file, '')
    expect(go(file, { TMPDIR: file })).toEqual(succeeded(expected))
  })

  test('a directory that others could write to is not used', () => {
    const cache = temporaryDirectory()
    fs.mkdirSync(path.join(cache, 'instastart'), { recursive: true })
    fs.chmodSync(path.join(cache, 'instastart'), 0o777)
    const temporary = temporaryDirectory()
    expect(go(cache, { TMPDIR: temporary })).toEqual(succeeded(expected))
    expect(filesBelow(cache)).toEqual([])
    expect(filesBelow(temporary).length).toBeGreaterThan(4)
  })

  test('a full shard loses its older half', () => {
    const cache = temporaryDirectory()
    go(cache)
    const shard = path.dirname(filesBelow(cache)[0] as string)
    const [own] = fs.readdirSync(shard)
    fs.rmSync(path.join(shard, own as string))
    for (let i = 0; i < 130; i++) {
      fs.writeFileSync(path.join(shard, `old-${i}`), '')
      fs.utimesSync(path.join(shard, `old-${i}`), 1_000_000 + i, 1_000_000 + i)
    }
    go(cache)
    const left = fs.readdirSync(shard)
    expect(left).toHaveLength(64)
    expect(left).toContain(own)
    expect(left).toContain('old-129')
    expect(left).not.toContain('old-0')
  })
})
