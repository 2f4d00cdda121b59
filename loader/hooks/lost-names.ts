import { withoutMap } from './inline-map.js'

/** A function or class with a name that esbuild makes up: `Name2`, `file_default`. */
const madeUp = /\b(?:function\*? |class )([\w$]+?(?:\d|_default))\b|\b([\w$]+?(?:\d|_default)) = (?:async )?(?:function\b|class\b|\(|[\w$]+ =>)/g

/**
 * Whether a function or class has lost its name: esbuild gives another one to the second of two that have the same, and to what
 * `export default` leaves without one. Its option against that (`keepNames`) writes calls into all functions of a file, which those who
 * print a function to run it elsewhere (`page.evaluate`) trip over: so only files that need it get it.
 */
export const losesNames = (source: string, code: string): boolean => {
  for (const [, declared, assigned] of withoutMap(code).matchAll(madeUp)) if (!source.includes(declared ?? assigned ?? '')) return true
  return false
}
