// Holds the arrows: a folder is the process that its code runs in, and may import only what it is allowed to here.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/** A part is a folder, or a file beside the folders. Every part may import what is in it, and what `shared` names. */
const loaderArrows: Record<string, string[]> = {
  register: ['client', 'zygote', 'hooks', 'protocol', 'run'],
  cli: ['commands'],
  commands: ['client', 'hooks', 'native', 'protocol', 'runtime-dir', 'settings'],
  auto: ['client', 'run', 'protocol', 'warmth', 'import-module'],
  base: [],
  client: ['native', 'protocol', 'runtime-dir', 'settings', 'warmth'],
  zygote: ['hooks', 'run', 'native', 'protocol', 'runtime-dir', 'settings', 'warmth'],
  run: ['native', 'warmth'],
  hooks: [],
  native: [],
  protocol: [],
  'runtime-dir': ['native', 'protocol'],
  settings: [],
  warmth: [],
  distribution: [],
  'code-cache': ['first-module', 'late-register', 'warmth'],
  'first-module': [],
  'late-register': ['client', 'first-module', 'hooks'],
  'import-module': [],
  'main-thread': [],
  errors: [],
  'node-capabilities': [],
}

const nativeArrows: Record<string, string[]> = {
  client: ['wire'],
  addon: ['wire', 'observer'],
  platform: [],
  observer: [],
  wire: [],
}

interface Arrow {
  file: string
  from: string
  to: string
}

const filesBelow = (folder: string, ending: RegExp): string[] =>
  fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => ending.test(name)).sort()

const partOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.\w+$/, ''))

const importsOf = (file: string): Arrow[] => {
  const text = fs.readFileSync(path.join(root, 'loader', file), 'utf8')
  return [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*'(\.[^']*\.js)'/g)].map(([, specifier = '']) =>
    ({ file, from: partOf(file), to: partOf(path.join(path.dirname(file), specifier)) }))
}

const includesOf = (file: string): Arrow[] => {
  const text = fs.readFileSync(path.join(root, 'native', file), 'utf8')
  return [...text.matchAll(/^#include "([^"]*)"/gm)].map(([, header = '']) =>
    ({ file, from: partOf(file), to: header.includes('/') ? partOf(header) : partOf(file) }))
}

const forbidden = (arrows: readonly Arrow[], allowed: Record<string, string[]>, shared: readonly string[] = []): string[] =>
  arrows
    .filter(({ from, to }) => from !== to && !shared.includes(to) && !allowed[from]?.includes(to))
    .map(({ file, to }) => `${file} -> ${to}`)

describe('loader/', () => {
  const files = filesBelow('loader', /\.m?ts$/)
  const arrows = files.flatMap(importsOf)

  test('has only parts that have a rule', () => {
    expect(files.map(partOf).filter((part) => !(part in loaderArrows))).toEqual([])
  })

  test('imports along the arrows only', () => {
    expect(arrows.length).toBeGreaterThan(50)
    expect(forbidden(arrows, loaderArrows, ['errors', 'node-capabilities', 'distribution', 'main-thread'])).toEqual([])
  })

  test('has no file that no other one names', () => {
    const texts = files.map((file) => fs.readFileSync(path.join(root, 'loader', file), 'utf8')).join()
    const isNamed = (file: string) => texts.includes(`${path.basename(file).replace(/\.m?ts$/, '')}.js'`)
    expect(files.filter((file) => !isNamed(file) && !['register.ts', 'code-cache.ts', 'cli.ts', 'auto.mts', 'base.mts', 'hooks/threaded.ts'].includes(file))).toEqual([])
  })
})

describe('native/', () => {
  const files = filesBelow('native', /\.(c|cc|h)$/)

  test('includes along the arrows only', () => {
    const arrows = files.flatMap(includesOf)
    expect(arrows.length).toBeGreaterThan(30)
    expect(files.map(partOf).filter((part) => !(part in nativeArrows))).toEqual([])
    expect(forbidden(arrows, nativeArrows)).toEqual([])
  })

  const including = (header: RegExp) => files.filter((file) => header.test(fs.readFileSync(path.join(root, 'native', file), 'utf8')))

  test('knows Node-API in exactly one file', () => {
    expect(including(/^#include <(napi|node_api|js_native_api)\.h>/m)).toEqual(['addon/binding.cc'])
  })

  test('knows V8 and Node\'s C++ interface in the platform only', () => {
    expect(including(/^#include <(v8|node)[\w-]*\.h>/m).filter((file) => !/^platform\/|^addon\/binding\.cc$/.test(file))).toEqual([])
  })

  test('sends and receives messages with descriptors in exactly one file', () => {
    expect(including(/\b(sendmsg|recvmsg)\(/)).toEqual(['wire/frame.c'])
  })
})
