import vm from 'node:vm'
import { nodeCapabilities } from '../node-capabilities.js'
import { handedOver } from './commonjs.js'
import { isTransformed } from './file-kinds.js'
import { withoutMap } from './inline-map.js'
import { findForTypeScript } from './resolve.js'
import { transform } from './transform.js'

/** Code of which only the names of its exports will be read. */
const toBeRead = (code: string): string => withoutMap(code).replace(/^#!.*/, '')

/** `...require("./b")` in the list of names that esbuild leaves for Node to read. */
const reExported = /\.\.\.require\("([^"]+)"\)/g

/** The code of the transformed files whose exports this one passes on, for a Node that looks no further than JavaScript for them. */
const readReExports = (file: string, code: string, seen: Set<string>): string => {
  let read = ''
  for (const [, specifier = ''] of code.matchAll(reExported)) {
    const found = findForTypeScript(specifier, file, true)
    if (!found || !isTransformed(found.file) || seen.has(found.file)) continue
    seen.add(found.file)
    const passedOn = transform(found.file, 'commonjs').code
    read += toBeRead(passedOn) + readReExports(found.file, passedOn, seen)
  }
  return read
}

/**
 * What the ESM loader is given for a CommonJS file that was transformed.
 *
 * It does two things with it: it reads the names of the exports from the text, and it runs it. Where it would run it with a
 * `require` of its own making (no `require.cache`, nor what else the real one has), the text hands over to the real CommonJS
 * loader instead, by the way that Node itself goes for JavaScript; the transformed code stands behind a `return`, to be read.
 */
export const commonJSForImport = (file: string, code: string): string => {
  if (nodeCapabilities.hooksServeCommonJS) return code
  return handOver(code, nodeCapabilities.registerHooks ? '' : readReExports(file, code, new Set([file])))
}

const handOver = (code: string, reExports = ''): string => `\
module.constructor._load(module.filename, undefined, process.mainModule === module)
return
${toBeRead(code)}
${reExports}
//# sourceURL=instastart:commonjs
`

const canBeCompiled = (code: string): boolean => {
  try {
    vm.compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'])
    return true
  } catch {
    return false // A syntax error, which Node shall report as the file's own.
  }
}

/**
 * The same for JavaScript, where Node's own source for it would be run with that other `require` (see `hooksLeaveCommonJS`).
 * undefined: leave it to Node.
 */
export const javaScriptForImport = (file: string, code: string): string | undefined => {
  if (!canBeCompiled(code)) return undefined
  handedOver.add(file)
  return handOver(code)
}
