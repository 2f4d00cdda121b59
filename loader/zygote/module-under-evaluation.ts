// Which module is being evaluated just now, by the stack: who is to be blamed for what happens, and what a gate must be in front of.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { distribution } from '../distribution.js'
import { requireCache } from './require-cache.js'

/** Of all scripts on the stack, the innermost first: paths, and Node's own names (`node:fs`). */
export const scriptsOnStack = (): string[] => {
  const { stackTraceLimit } = Error
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace')
  try {
    Error.stackTraceLimit = Infinity
    Error.prepareStackTrace = (_, sites) => sites.flatMap((site) => site.getFileName() ?? [])
    return new Error('Whose is it?').stack as unknown as string[]
  } finally {
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace)
    Error.stackTraceLimit = stackTraceLimit
  }
}

const fileOf = (script: string): string[] => {
  const file = script.startsWith('file:') ? fileURLToPath(script.replace(/[?#].*/, '')) : script
  return path.isAbsolute(file) && !file.startsWith(distribution + path.sep) ? [file] : []
}

/** Undefined if nothing of the program's is on the stack, as in another thread's work. */
export const moduleUnderEvaluation = (): string | undefined => {
  const files = scriptsOnStack().flatMap(fileOf)
  // CommonJS modules wait for those that they require. An ES module is evaluated by nobody's call, so it is at the bottom.
  return files.find((file) => requireCache[file]?.loaded === false) ?? files.at(-1)
}
