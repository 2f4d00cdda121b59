// The tsconfig of this run: named by INSTASTART_TSCONFIG, else the nearest to the entry. It holds for every file of the run
// outside node_modules. Read when the first TypeScript file is met, with all that it extends.
import fs from 'node:fs'
import path from 'node:path'
import type { InstastartError } from '../errors.js'
import { active } from './watcher.js'

export interface Tsconfig {
  /** Only what has an influence on the output. */
  compilerOptions: Record<string, unknown>
  /** Absolute paths to try, in order, for a specifier that `paths` or `baseUrl` covers. */
  pathsFor: (specifier: string) => string[]
  /** `allowJs`: JavaScript is part of the project, and may name TypeScript as TypeScript does. */
  hasJavaScript: boolean
}

const none: Tsconfig = { compilerOptions: {}, pathsFor: () => [], hasJavaScript: false }

/** What esbuild reads of `compilerOptions`. `target` decides only what class fields mean: the output is always for the running Node. */
const relevantOptions = [
  'alwaysStrict', 'experimentalDecorators', 'importsNotUsedAsValues', 'jsx', 'jsxFactory', 'jsxFragmentFactory', 'jsxImportSource',
  'preserveValueImports', 'strict', 'target', 'useDefineForClassFields', 'verbatimModuleSyntax',
]

const broken = (file: string, problem: string, cause?: unknown): InstastartError => {
  const errors = require('../errors.js') as typeof import('../errors.js')
  return new errors.InstastartError('INSTASTART_TSCONFIG', `${file} cannot be used: ${problem}\nCorrect it, or name another one in INSTASTART_TSCONFIG.`, { cause })
}

const entryDirectory = (): string => {
  const entry = active.entry ?? process.argv[1]
  if (entry === undefined) return process.cwd()
  try {
    return path.dirname(fs.realpathSync(entry))
  } catch {
    return path.dirname(path.resolve(entry)) // Named without its extension, or `-`: then the directory is all there is.
  }
}

const findFile = (): string | undefined => {
  const named = process.env.INSTASTART_TSCONFIG
  if (named) return path.resolve(named)
  for (let directory = entryDirectory(); ; directory = path.dirname(directory)) {
    const file = path.join(directory, 'tsconfig.json')
    if (fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return file
    // A nearer one would hold if it appeared.
    active.watcher?.consulted?.(file)
    if (directory === path.dirname(directory)) return undefined
  }
}

/** The files that get-tsconfig has read, with their text, from the keys of its cache. */
const filesRead = (cache: Map<string, unknown>): [file: string, text: string][] => {
  const read: [string, string][] = []
  for (const [key, text] of cache) {
    const file = /^readFileSync:(.*):utf8$/.exec(key)?.[1]
    if (file !== undefined && typeof text === 'string') read.push([file, text])
  }
  return read
}

const relevant = (all: Record<string, unknown>): Record<string, unknown> => {
  const kept = Object.fromEntries(relevantOptions.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]))
  // Nothing comes after us that could compile markup which TypeScript was told to leave.
  if (kept.jsx === 'preserve' || kept.jsx === 'react-native') kept.jsx = 'react-jsx'
  return kept
}

const readTsconfig = (file: string): Tsconfig => {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) throw broken(file, 'there is no such file.')
  const { parseTsconfig, createPathsMatcher } = require('get-tsconfig') as typeof import('get-tsconfig')
  const { findJsoncError } = require('./jsonc.js') as typeof import('./jsonc.js')
  const cache = new Map<string, string>()
  let config
  try {
    config = parseTsconfig(file, cache)
  } catch (error) {
    throw broken(file, (error as Error).message, error)
  } finally {
    for (const [read] of filesRead(cache)) active.watcher?.consulted?.(read)
  }
  for (const [read, text] of filesRead(cache)) {
    const problem = findJsoncError(text)
    if (problem !== undefined) throw broken(file, `${read === file ? '' : `it extends ${read}, where `}${problem}`)
  }
  const matcher = createPathsMatcher({ path: file, config })
  const options = config.compilerOptions as Record<string, unknown> ?? {}
  return { compilerOptions: relevant(options), pathsFor: matcher ?? none.pathsFor, hasJavaScript: Boolean(options.allowJs ?? options.checkJs) }
}

let current: Tsconfig | undefined

/** @throws {InstastartError} INSTASTART_TSCONFIG when it, or one that it extends, is missing or is not JSON with comments */
export const getTsconfig = (): Tsconfig => {
  if (!current) {
    const file = findFile()
    current = file === undefined ? none : readTsconfig(file)
  }
  return current
}

/** Files in node_modules are not this project's: its tsconfig says nothing about them. */
export const tsconfigFor = (file: string): Tsconfig => (/[\\/]node_modules[\\/]/.test(file) ? none : getTsconfig())
