import { InstastartError } from '../errors.js'
import type { CompileProblem } from './compile.js'

/** `/app/a.ts:3:7: Expected ";" but found "y"`, then the line with the place marked. */
const describe = (file: string, { text, location }: CompileProblem): string => {
  if (!location) return `${file}: ${text}`
  const { line, column, length, lineText } = location
  const gutter = String(line)
  // Tabs stay tabs, or the mark would stand elsewhere than under the place.
  const indent = lineText.slice(0, column).replace(/[^\t]/g, ' ')
  return `${file}:${line}:${column + 1}: ${text}\n\n  ${gutter} | ${lineText}\n  ${' '.repeat(gutter.length)} | ${indent}${'^'.repeat(Math.max(1, length))}`
}

/** The error of a file that esbuild cannot parse. No stack: every frame of it would be ours or Node's. */
export const syntaxError = (file: string, problem: CompileProblem): InstastartError => {
  const error = new InstastartError('INSTASTART_SYNTAX', describe(file, problem))
  error.stack = `${error.name}: ${error.message}`
  return error
}

/** What Node says where an ES module is required that waits for something. */
export const asyncModuleError = (): Error => Object.assign(
  new Error('require() cannot be used on an ESM graph with top-level await. Use import() instead. '
    + 'To see where the top-level await comes from, use --experimental-print-required-tla.'),
  { code: 'ERR_REQUIRE_ASYNC_MODULE' },
)
