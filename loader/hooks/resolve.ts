// The ways in which TypeScript files name each other that Node does not know. They apply to specifiers in TypeScript files
// only; whatever is not covered here is left to Node, errors included.
import fs from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fileOfURL, isTransformed, queryOf } from './file-kinds.js'
import { tsconfigFor } from './tsconfig.js'
import { active } from './watcher.js'

/** What a JavaScript extension in a specifier may mean, in TypeScript's order of preference. */
const sourcesOf: Record<string, readonly string[]> = {
  '.js': ['.ts', '.tsx', '.js', '.jsx'],
  '.jsx': ['.tsx', '.ts', '.jsx', '.js'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
}

const implicitExtensions = ['.ts', '.tsx', '.jsx', '.js', '.json']

/** What is not there would win if it appeared: a zygote watches for it. */
const isFile = (file: string): boolean => {
  const found = fs.statSync(file, { throwIfNoEntry: false })
  if (!found) active.watcher?.consulted?.(file)
  return found?.isFile() === true
}

const withExtension = (base: string, extensions: readonly string[]): string | undefined =>
  extensions.map((extension) => base + extension).find(isFile)

/** The file that an absolute path means: with another extension, with one added, or the index of a directory. */
const findFile = (target: string, isRequire = false): string | undefined => {
  const isDirectoryOnly = /[\\/]$/.test(target)
  if (!isDirectoryOnly) {
    const extension = path.extname(target)
    const sources = sourcesOf[extension]
    const found = (sources && withExtension(target.slice(0, -extension.length), sources))
      ?? (isFile(target) ? target : withExtension(target, implicitExtensions))
    if (found !== undefined) return found
  }
  // What a directory's package.json calls `main` is for Node to find; it looks there for `require` only.
  if (isRequire && isFile(path.join(target, 'package.json'))) return undefined
  return withExtension(path.join(target, 'index'), implicitExtensions)
}

const isRelative = (specifier: string): boolean => /^\.\.?(?:\/|$)/.test(specifier)

/** Of those that Node knows; in `paths` a colon is as good as a slash. */
const hasScheme = (specifier: string): boolean => /^(?:data|node|https?|blob):/i.test(specifier)

/** The absolute path that a relative, absolute or `file:` specifier names; undefined for a package's. */
const pathNamed = (specifier: string, parent: string, isRequire: boolean): string | undefined => {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier)
  const isPath = isRelative(specifier) || path.isAbsolute(specifier)
  if (!isPath) return undefined
  if (!isRequire) return fileURLToPath(new URL(specifier, pathToFileURL(parent)))
  const resolved = path.resolve(path.dirname(parent), specifier)
  return /(?:^|\/)(?:\.{1,2}|)$/.test(specifier) ? `${resolved}${path.sep}` : resolved
}

export interface Found {
  file: string
  /** Query and fragment of an import: they make a module another one. A `require` has none, for there they are part of the name. */
  query: string
}

const findAsTypeScript = (specifier: string, parent: string, isRequire: boolean): Found | undefined => {
  const query = isRequire ? '' : queryOf(specifier)
  const bare = query === '' ? specifier : specifier.slice(0, -query.length)
  const named = pathNamed(bare, parent, isRequire)
  let file
  if (named !== undefined) {
    file = findFile(named, isRequire) ?? (isRequire && named.includes('?') ? findFile(named.slice(0, named.indexOf('?')), isRequire) : undefined)
  } else if (!hasScheme(bare)) {
    for (const target of tsconfigFor(parent).pathsFor(bare)) {
      file = findFile(target, isRequire)
      if (file !== undefined) break
    }
  }
  return file === undefined ? undefined : { file, query }
}

/** Finds what a specifier in a TypeScript file means, or undefined when Node shall resolve it. */
export const findForTypeScript = (specifier: string, parent: string | undefined, isRequire: boolean): Found | undefined =>
  (parent === undefined || !isTransformed(parent) || isBuiltin(specifier) ? undefined : findAsTypeScript(specifier, parent, isRequire))

/** The file that Node looked for in vain, if it got as far as to know: `exports`, `imports` or `main` of a package.json name it. */
const missingFile = (error: unknown): string | undefined => {
  const { url, message } = error as { url?: unknown; message?: unknown }
  if (typeof url === 'string') return fileOfURL(url)
  const [, named = ''] = /^Cannot find (?:module|package) '([^\n]+?)'/.exec(String(message)) ?? []
  return path.isAbsolute(named) ? named : undefined
}

/** What the package.json of a directory calls `main`. */
const findMain = (directory: string): string | undefined => {
  const file = path.join(directory, 'package.json')
  if (!isFile(file)) return undefined
  active.watcher?.consulted?.(file)
  const { main } = JSON.parse(fs.readFileSync(file, 'utf8')) as { main?: unknown }
  return typeof main === 'string' ? findFile(path.join(directory, main)) : undefined
}

/** `require` only says that there is no such package: its files and directories that are TypeScript. */
const findInPackages = (specifier: string, parent: string): string | undefined => {
  for (const directory of createRequire(parent).resolve.paths(specifier) ?? []) {
    const target = path.join(directory, specifier)
    const file = findFile(target) ?? findMain(target)
    if (file !== undefined) return file
  }
  return undefined
}

const failures = ['ERR_MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT', 'MODULE_NOT_FOUND']

/**
 * A second chance once Node has found out which file is meant and that it does not exist: a package.json that names the JavaScript
 * of a TypeScript source, or a directory of a package.
 */
export const findAfterFailure = (error: unknown, specifier: string, parent: string | undefined): Found | undefined => {
  if (parent === undefined || !isTransformed(parent)) return undefined
  const { code, url } = error as { code?: unknown; url?: unknown }
  if (typeof code !== 'string' || !failures.includes(code)) return undefined
  const target = missingFile(error)
  const isPath = isRelative(specifier) || path.isAbsolute(specifier)
  let file
  if (target !== undefined) file = (isPath ? undefined : findMain(target)) ?? findFile(target)
  else if (code === 'MODULE_NOT_FOUND' && !isPath) file = findInPackages(specifier, parent)
  return file === undefined ? undefined : { file, query: typeof url === 'string' ? queryOf(url) : '' }
}

/** The only chance of JavaScript, if the tsconfig makes it part of the project: what Node can resolve costs nothing. */
export const findForJavaScript = (specifier: string, parent: string | undefined, isRequire: boolean): Found | undefined => {
  if (parent === undefined || isTransformed(parent) || isBuiltin(specifier) || !tsconfigFor(parent).hasJavaScript) return undefined
  return findAsTypeScript(specifier, parent, isRequire)
}
