import path from 'node:path'
import type { ModuleFormat } from './file-kinds.js'
import { packageTypeOf } from './package-json.js'

/**
 * The module format of a TypeScript file (and of the JavaScript that is compiled because of it).
 *
 * `.mts`, `.cts` and the package's `type` decide, as in Node. A file that none of them covers is CommonJS, as in tsx: its
 * `import` and `export` become `require` and `exports`, so it may use `require` and `__dirname` too. But if it holds what only
 * an ES module can (top-level await, `import.meta`) it is an ES module, as Node's syntax detection has it. That takes a parser
 * to see, so the answer here is 'detect' and the transform decides.
 */
export const moduleFormatOf = (file: string): ModuleFormat | 'detect' => {
  const extension = path.extname(file)
  if (extension === '.mts' || extension === '.mjs') return 'module'
  if (extension === '.cts') return 'commonjs'
  const type = packageTypeOf(file)
  return type === 'module' || type === 'commonjs' ? type : 'detect'
}

/** The format to announce when a file is resolved, before anything has been read; loading it has the last word. */
export const expectedFormatOf = (file: string): ModuleFormat => (moduleFormatOf(file) === 'module' ? 'module' : 'commonjs')
