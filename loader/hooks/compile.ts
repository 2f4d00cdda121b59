// One file through esbuild. In a plain run by its JavaScript interface, whose service process stays for the files that follow;
// in a zygote by running its native binary once a file, which leaves no thread, no handle and no child behind.
import path from 'node:path'
import { InstastartError } from '../errors.js'
import { active } from './watcher.js'

/** The options of esbuild's transform that we use: each is also a flag of its command line. */
export interface CompileOptions {
  loader: 'ts' | 'tsx' | 'jsx' | 'js'
  format: 'esm' | 'cjs'
  target: string
  sourcefile: string
  tsconfigRaw: string
  define: Record<string, string>
  keepNames: boolean
  /** Text before the code: a line of its own, which the source map knows of. */
  banner: string
}

export interface CompileProblem {
  text: string
  location: { line: number; column: number; length: number; lineText: string } | null
}

export type Compiled = { code: string } | { problem: CompileProblem }

const constantOptions = {
  platform: 'node',
  charset: 'utf8',
  sourcemap: 'inline',
  // Node and debuggers read the file itself.
  sourcesContent: false,
  // In CommonJS an `import.meta` that no definition covers is an error: see `detect` in transform.ts.
  logOverride: { 'empty-import-meta': 'error' },
} as const

const compileInProcess = (source: string, options: CompileOptions): Compiled => {
  const { transformSync } = require('esbuild') as typeof import('esbuild')
  try {
    return { code: transformSync(source, { ...constantOptions, ...options, logLevel: 'silent' }).code }
  } catch (error) {
    const [problem] = (error as { errors?: CompileProblem[] }).errors ?? []
    if (!problem) throw error
    return { problem }
  }
}

const findBinary = (): string => {
  const named = process.env.ESBUILD_BINARY_PATH
  if (named) return named
  const esbuild = path.dirname(require.resolve('esbuild/package.json'))
  const binary = `@esbuild/${process.platform}-${process.arch}/bin/esbuild`
  try {
    return require.resolve(binary, { paths: [esbuild] })
  } catch (cause) {
    throw new InstastartError('INSTASTART_ESBUILD',
      `esbuild has no binary for ${process.platform} ${process.arch} here (${binary}).\nInstall instastart again, with its optional dependencies.`, { cause })
  }
}

const flagsOf = ({ define, keepNames, banner, ...plain }: CompileOptions): string[] => [
  `--loader=${plain.loader}`, `--format=${plain.format}`, `--target=${plain.target}`, `--sourcefile=${plain.sourcefile}`,
  `--tsconfig-raw=${plain.tsconfigRaw}`, `--platform=${constantOptions.platform}`, `--charset=${constantOptions.charset}`,
  `--sourcemap=${constantOptions.sourcemap}`, `--sources-content=${constantOptions.sourcesContent}`,
  '--log-override:empty-import-meta=error', '--log-level=error', '--log-limit=1', '--color=false',
  ...Object.entries(define).map(([name, value]) => `--define:${name}=${value}`),
  ...(keepNames ? ['--keep-names'] : []), ...(banner ? [`--banner=${banner}`] : []),
]

/** `✘ [ERROR] Expected ";" but found "y"`, an empty line, `    file:1:19:`, `      1 │ let x y`, `        │       ^` */
const printedProblem = /\[ERROR\] (.*)\n(?:\n {4}.*:(\d+):(\d+):\n {6}\d+ │ (.*)\n +[│╵] *([~^]*))?/

const parseProblem = (stderr: string): CompileProblem => {
  const [, text, line, column, lineText = '', underline = ''] = printedProblem.exec(stderr) ?? []
  if (text === undefined) return { text: stderr.trim(), location: null }
  const location = line === undefined ? null : { line: Number(line), column: Number(column), length: underline.length, lineText }
  return { text, location }
}

const compileOnce = (source: string, options: CompileOptions): Compiled => {
  const { spawnSync } = require('node:child_process') as typeof import('node:child_process')
  const binary = findBinary()
  const { status, stdout, stderr, error } = spawnSync(binary, flagsOf(options), { input: source, encoding: 'utf8', maxBuffer: Infinity })
  if (error) throw new InstastartError('INSTASTART_ESBUILD', `${binary} could not be run: ${error.message}`, { cause: error })
  return status === 0 ? { code: stdout } : { problem: parseProblem(stderr) }
}

export const compile = (source: string, options: CompileOptions): Compiled =>
  active.inZygote ? compileOnce(source, options) : compileInProcess(source, options)
