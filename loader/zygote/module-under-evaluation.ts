// Which module is being evaluated just now, by the stack: who is to be blamed for what happens, and what a gate must be in front of.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { distribution } from '../distribution.js'
import { requireCache } from './require-cache.js'

/** What a function is at just now. Lines and columns count from 1, in the text that V8 was given. */
export interface Site {
  /** A path, a URL, or one of Node's own names (`node:fs`). */
  script: string
  line: number
  column: number
}

/** The innermost first, from the caller of `callee` on; without code that is in no script. */
const sitesOnStack = (callee: (...args: never[]) => unknown): Site[] => {
  const { stackTraceLimit } = Error
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace')
  try {
    Error.stackTraceLimit = Infinity
    Error.prepareStackTrace = (_, sites) => sites.flatMap((site) => {
      const script = site.getFileName()
      return script ? { script, line: site.getLineNumber() ?? 0, column: site.getColumnNumber() ?? 0 } : []
    })
    const holder = {} as { stack: Site[] }
    Error.captureStackTrace(holder, callee)
    return holder.stack
  } finally {
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace)
    Error.stackTraceLimit = stackTraceLimit
  }
}

const isOurs = (script: string): boolean => script.startsWith(distribution + path.sep)

/** Of all scripts on the stack that are not ours, the innermost first. */
export const scriptsOnStack = (): string[] => sitesOnStack(scriptsOnStack).flatMap(({ script }) => (isOurs(script) ? [] : [script]))

/** Where `callee`, a function of ours, was called; undefined if it was by one of ours. */
export const callSite = (callee: (...args: never[]) => unknown): Site | undefined => {
  const [site] = sitesOnStack(callee)
  return site && !isOurs(site.script) ? site : undefined
}

const fileOf = (script: string): string[] => {
  const file = script.startsWith('file:') ? fileURLToPath(script.replace(/[?#].*/, '')) : script
  return path.isAbsolute(file) ? [file] : []
}

/** Undefined if nothing of the program's is on the stack, as in another thread's work. */
export const moduleUnderEvaluation = (): string | undefined => {
  const files = scriptsOnStack().flatMap(fileOf)
  // CommonJS modules wait for those that they require. An ES module is evaluated by nobody's call, so it is at the bottom.
  return files.find((file) => requireCache[file]?.loaded === false) ?? files.at(-1)
}
