// TypeScript and JSX to JavaScript, through the cache on disk.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ModuleFormat } from './file-kinds.js'
import { isTransformed } from './file-kinds.js'
import type { Compiled, CompileOptions, CompileProblem } from './compile.js'
import { moduleFormatOf } from './module-format.js'
import { replacementsFor } from './replacements.js'
import { contentHash } from './content-hash.js'
import { readCache, writeCache } from './transform-cache.js'
import { tsconfigFor } from './tsconfig.js'
import { active } from './watcher.js'

export interface Transformed {
  format: ModuleFormat
  code: string
}

/** Raised when the same input and options have come to mean another output. */
const cacheGeneration = 2

const loaders: Record<string, CompileOptions['loader']> = { '.tsx': 'tsx', '.jsx': 'jsx', '.mjs': 'js' }

/**
 * The name in the source map, a URL, for a path may hold characters that mean something there. In CommonJS an `.mts` or `.cts` is
 * called `.ts`: for these extensions esbuild ignores `__esModule` in what is imported, which `import x from` a transformed file needs.
 */
const sourceName = (file: string, format: ModuleFormat): string => {
  const { href } = pathToFileURL(file)
  return format === 'commonjs' ? href.replace(/\.[cm]ts$/, '.ts') : href
}

const optionsFor = (file: string, source: string, wanted: ModuleFormat | 'detect'): CompileOptions => {
  const format = wanted === 'module' ? 'module' : 'commonjs'
  return {
    ...replacementsFor(file, source, wanted),
    keepNames: false,
    loader: loaders[path.extname(file)] ?? 'ts',
    format: format === 'module' ? 'esm' : 'cjs',
    target: `node${process.versions.node}`,
    sourcefile: sourceName(file, format),
    tsconfigRaw: JSON.stringify({ compilerOptions: tsconfigFor(file).compilerOptions }),
  }
}

const needsModule = (compiled: Compiled): boolean =>
  'problem' in compiled && /^Top-level await|^"import\.meta" is not available/.test(compiled.problem.text)

/** Whether an ES module cannot be CommonJS. */
const isAsyncModule = (file: string, wanted: ModuleFormat | 'detect', { text }: CompileProblem): boolean =>
  wanted === 'commonjs' && moduleFormatOf(file) !== 'commonjs' && text.startsWith('Top-level await')

/** What only a source that is not in the cache needs. */
const compiler = () => ({
  ...require('./compile.js') as typeof import('./compile.js'),
  ...require('./inline-map.js') as typeof import('./inline-map.js'),
  ...require('./lost-names.js') as typeof import('./lost-names.js'),
  ...require('./syntax-error.js') as typeof import('./syntax-error.js'),
})

const compileKeepingNames = (source: string, options: CompileOptions): Compiled => {
  const { compile, losesNames } = compiler()
  const compiled = compile(source, options)
  return 'code' in compiled && losesNames(source, compiled.code) ? compile(source, { ...options, keepNames: true }) : compiled
}

/** Compiles as CommonJS and, if what stands in the way is only an ES module's own syntax, as an ES module. */
const compileAs = (file: string, source: string, wanted: ModuleFormat | 'detect'): Transformed => {
  const { asyncModuleError, syntaxError, withMapSource } = compiler()
  let format: ModuleFormat = wanted === 'module' ? 'module' : 'commonjs'
  let compiled = compileKeepingNames(source, optionsFor(file, source, wanted))
  if (wanted === 'detect' && needsModule(compiled)) {
    format = 'module'
    compiled = compileKeepingNames(source, optionsFor(file, source, format))
  }
  if ('problem' in compiled) throw isAsyncModule(file, wanted, compiled.problem) ? asyncModuleError() : syntaxError(file, compiled.problem)
  return { format, code: withMapSource(compiled.code, sourceName(file, format), pathToFileURL(file).href) }
}

let esbuildVersion: string | undefined

const keyFor = (file: string, source: string, wanted: ModuleFormat | 'detect'): string => {
  esbuildVersion ??= (require('esbuild/package.json') as { version: string }).version
  return contentHash(`${JSON.stringify([cacheGeneration, esbuildVersion, file, wanted, optionsFor(file, source, wanted)])}\n${source}`)
}

/**
 * The JavaScript of a file that `isTransformed`, and the format it has turned out to be in.
 * @param source its text, when somebody else has supplied it
 * @throws {InstastartError} INSTASTART_SYNTAX with file, line and code frame; INSTASTART_TSCONFIG
 */
export const transform = (file: string, wanted: ModuleFormat | 'detect', source = fs.readFileSync(file, 'utf8')): Transformed => {
  const key = keyFor(file, source, wanted)
  const cached = readCache(key)
  if (cached !== undefined) {
    const end = cached.indexOf('\n')
    return { format: cached.slice(0, end) as ModuleFormat, code: cached.slice(end + 1) }
  }
  const compileIt = () => compileAs(file, source, wanted)
  const transformed = active.watcher?.asOwnWork?.(compileIt) ?? compileIt()
  writeCache(key, `${transformed.format}\n${transformed.code}`)
  return transformed
}

/** The JavaScript that Node is given for a file: what it holds, or what TypeScript in it becomes. */
export const transformedSource = (file: string): string =>
  isTransformed(file) ? transform(file, moduleFormatOf(file)).code : fs.readFileSync(file, 'utf8')
