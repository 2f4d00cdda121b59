// What the adapters answer when they are asked for a module's source.
import { fileOfURL, isTransformedURL } from './file-kinds.js'
import { isForRequire } from './hook-context.js'
import type { LoadContext, LoadResult } from './hook-context.js'
import { moduleFormatOf } from './module-format.js'
import { enableSourceMaps } from './source-maps.js'
import { transform } from './transform.js'
import { active } from './watcher.js'

const textOf = (source: NonNullable<LoadResult['source']>): string =>
  typeof source === 'string' ? source : new TextDecoder().decode(source)

/** The module if it is ours to supply: a transformed file, or one that exists in no file. undefined: Node loads it. */
export const loadOwn = (url: string, context: LoadContext): LoadResult | undefined => {
  if (isTransformedURL(url)) return context.importAttributes?.type ? undefined : loadTransformed(url, context)
  const { watcher } = active
  if (!watcher?.virtual || /^(?:file|node|data):/.test(url)) return undefined
  return watcher.virtual(url)
}

const loadTransformed = (url: string, context: LoadContext): LoadResult => {
  const file = fileOfURL(url) as string
  enableSourceMaps()
  const { format, code } = transform(file, moduleFormatOf(file))
  if (format === 'module') return { format, source: active.watcher?.source?.(url, code) ?? code }
  if (isForRequire(context)) return { format, source: code }
  const { commonJSForImport } = require('./commonjs-import.js') as typeof import('./commonjs-import.js')
  return { format, source: commonJSForImport(file, code) }
}

/** CommonJS that Node has loaded, for a Node that would not run it as it is. */
export const keepCommonJS = (url: string, context: LoadContext, result: LoadResult): LoadResult => {
  const file = fileOfURL(url)
  if (file === undefined || result.format !== 'commonjs' || result.source == null || isForRequire(context)) return result
  const { javaScriptForImport } = require('./commonjs-import.js') as typeof import('./commonjs-import.js')
  return { ...result, source: javaScriptForImport(file, textOf(result.source)) ?? result.source }
}

/** What Node has loaded, with the text of an ES module as the watcher wants it. Everything else passes as it is. */
export const watchLoaded = <Result extends LoadResult>(url: string, result: Result): Result => {
  const { watcher } = active
  if (!watcher?.source || result.format !== 'module' || result.source == null) return result
  const source = watcher.source(url, textOf(result.source))
  return source === undefined ? result : { ...result, source }
}
