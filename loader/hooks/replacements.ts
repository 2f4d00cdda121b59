// What a module would miss in the format that it is compiled to: names that stand for others, and a line before the code that declares them.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CompileOptions } from './compile.js'
import type { ModuleFormat } from './file-kinds.js'
import { moduleFormatOf } from './module-format.js'

type Replacements = Pick<CompileOptions, 'define' | 'banner'>

const none: Replacements = { define: {}, banner: '' }

/** `import x = require()` in an ES module, which esbuild translates to a `require` that is not there. */
const importsByRequire = /^[ \t]*(?:export\s+)?import\s+[\w$]+\s*=\s*require\s*\(/m

const requireForModule: Replacements = {
  define: { require: '__instastartRequire' },
  banner: 'import { createRequire as __instastartCreateRequire } from "node:module"; '
    + 'const __instastartRequire = __instastartCreateRequire(import.meta.url);',
}

/** An ES module that is compiled to CommonJS, which only Node 20 needs (see commonjs-compile.ts): it is strict, and there is `import.meta`. */
const moduleInCommonJS = (file: string, source: string): Replacements => {
  if (!/\bimport\s*\.\s*meta\b/.test(source)) return { define: {}, banner: '"use strict";' }
  const url = pathToFileURL(file).href
  return {
    define: {
      'import.meta': JSON.stringify({ dirname: path.dirname(file), filename: file, url }),
      'import.meta.resolve': '__instastartResolve',
    },
    banner: '"use strict"; const __instastartResolve = (specifier) => ((found) => require("node:path").isAbsolute(found) ? '
      + 'require("node:url").pathToFileURL(found).href : found.replace(/^(?!node:)/, "node:"))(require.resolve(specifier));',
  }
}

export const replacementsFor = (file: string, source: string, wanted: ModuleFormat | 'detect'): Replacements => {
  if (wanted === 'module') return importsByRequire.test(source) ? requireForModule : none
  return wanted === 'commonjs' && moduleFormatOf(file) !== 'commonjs' ? moduleInCommonJS(file, source) : none
}
