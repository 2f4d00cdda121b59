import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { NodeBinary } from '../support/nodes.js'
import { nodes } from '../support/nodes.js'
import { copyFixture, hooks, register, run, temporaryDirectory } from './run.js'

interface Report {
  consulted: string[]
  sources: string[]
  threads: number
  children: string
  handles: number
  esbuildLoaded: boolean
}

describe.each(nodes)('Node $version', (node) => {
  const go = (directory: string, cache = temporaryDirectory(), entry = 'app.ts') => {
    const internals = node.major === 20 ? ['--expose-internals'] : []
    const preload = path.join(directory, 'preload.cjs')
    const outcome = run(node, [...internals, '--require', preload, path.join(directory, entry)], { cache, env: { HOOKS: hooks } })
    expect(outcome.stderr).toBe('')
    const lines = outcome.stdout.trim().split('\n')
    return { output: lines.slice(0, -1), report: JSON.parse(lines.at(-1) ?? '') as Report }
  }

  const zygote = (name: 'module' | 'commonjs') => {
    const directory = copyFixture(`zygote/${name}`)
    const preload = path.join(copyFixture('zygote'), 'preload.cjs')
    fs.copyFileSync(preload, path.join(directory, 'preload.cjs'))
    return directory
  }

  test('a module that the watcher appends is evaluated after the imports and before the entry', () => {
    expect(go(zygote('module')).output).toEqual(['greeting evaluated', 'gate after hello', 'hello plain value dependency', 'later'])
  })

  test('a CommonJS entry is left as it is', () => {
    expect(go(zygote('commonjs')).output).toEqual(['greeting evaluated', 'hello plain value dependency', 'later'])
  })

  test.each(['module', 'commonjs'] as const)('every file that took part in a %s program is reported', (name) => {
    const directory = zygote(name)
    const expected = [
      'app.ts', 'greeting.ts', 'later.ts', 'plain.cjs', 'data.json', 'package.json', 'tsconfig.json', 'base.json',
      'node_modules/dependency/package.json', 'node_modules/dependency/lib/package.json', 'node_modules/dependency/lib/index.js',
    ]
    expect(go(directory).report.consulted).toEqual(expect.arrayContaining(expected.map((file) => path.join(directory, file))))
  })

  test('files that are not there and would be taken if they were are reported, directories are not', () => {
    const directory = zygote('module')
    fs.mkdirSync(path.join(directory, 'src/inner'), { recursive: true })
    fs.writeFileSync(path.join(directory, 'src/app.ts'), `import { greeting } from './greeting.js'\nimport '../plain.cjs'\nimport './inner'\nconsole.log(greeting)\n`)
    fs.writeFileSync(path.join(directory, 'src/inner/index.tsx'), '')
    fs.writeFileSync(path.join(directory, 'src/greeting.ts'), `export { greeting } from '../greeting.js'\n`)
    const { report: { consulted } } = go(directory, temporaryDirectory(), 'src/app.ts')
    const absent = ['plain.cts', 'src/inner.ts', 'src/inner.tsx', 'src/inner.jsx', 'src/inner.js', 'src/inner.json', 'src/inner/index.ts', 'src/tsconfig.json']
    expect(consulted).toEqual(expect.arrayContaining(absent.map((file) => path.join(directory, file))))
    expect(consulted).not.toContain(path.join(directory, 'src/inner'))
  })

  test('the text of ES modules passes the watcher, that of CommonJS does not', () => {
    const directory = zygote('module')
    const urls = go(directory).report.sources
    expect(urls).toEqual(expect.arrayContaining(['app.ts', 'greeting.ts', 'later.ts'].map((name) => pathToFileURL(path.join(directory, name)).href)))
    expect(urls.filter((url) => url.endsWith('.cjs') || url.endsWith('index.js'))).toEqual([])
  })

  test('compiling leaves no thread, no child, no handle and no esbuild behind', () => {
    const plain = threadsOfPlainRun(node)
    expect(go(zygote('module')).report).toMatchObject({ threads: plain, children: '', handles: 0, esbuildLoaded: false })
  })

  test('what a zygote compiles is what a plain run compiles, and they share it', () => {
    const cache = temporaryDirectory()
    const directory = zygote('module')
    go(directory, cache)
    const entries = () => fs.readdirSync(path.join(cache, 'instastart/transform'), { recursive: true, encoding: 'utf8' }).sort()
      .map((name) => path.join(cache, 'instastart/transform', name))
      .filter((file) => fs.statSync(file).isFile())
      .map((file) => [file, fs.readFileSync(file, 'utf8')])
    const byZygote = entries()
    expect(byZygote.length).toBe(3)
    fs.rmSync(path.join(cache, 'instastart'), { recursive: true })
    run(node, ['--import', register, path.join(directory, 'app.ts')], { cache })
    expect(entries()).toEqual(byZygote)
  })

  test('a syntax error in a zygote reads as in a plain run', () => {
    const directory = zygote('module')
    fs.writeFileSync(path.join(directory, 'greeting.ts'), 'const fine = 1\nconst broken string = 2\n')
    const internals = node.major === 20 ? ['--expose-internals'] : []
    const entry = path.join(directory, 'app.ts')
    const inZygote = run(node, [...internals, '--require', path.join(directory, 'preload.cjs'), entry], { env: { HOOKS: hooks } })
    const plain = run(node, ['--import', register, entry])
    const message = (text: string) => /greeting\.ts:2:14: .*\n\n.*\n.*\^+\n?/.exec(text)?.[0].trimEnd()
    expect(message(inZygote.stderr)).toBeDefined()
    expect(message(inZygote.stderr)).toBe(message(plain.stderr))
  })
})

const threadsOfPlainRun = (node: NodeBinary): number =>
  Number(run(node, ['--eval', 'console.log(fs.readdirSync("/proc/self/task").length)']).stdout)
