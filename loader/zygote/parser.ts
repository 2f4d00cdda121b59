// The parser of JavaScript, with all that Node understands. Built into a file of its own (dist/parser.js), which only a zygote loads.
import { Parser } from 'acorn'
import importPhases from 'acorn-import-phases'

const FullParser = Parser.extend(importPhases())

/** Undefined if the text is no such module or script. */
export const parse = (source: string, sourceType: 'module' | 'script'): import('acorn').Program | undefined => {
  try {
    return FullParser.parse(source, { ecmaVersion: 'latest', sourceType, allowHashBang: true, allowReturnOutsideFunction: sourceType === 'script' })
  } catch {
    return undefined // A syntax error, which Node itself reports in the plain run, or syntax newer than the parser.
  }
}
