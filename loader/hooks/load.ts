// What the adapters answer when they are asked for a module's source.
import { fileOfURL, isImportedJSON, isTransformedURL } from './file-kinds.js'
import type { ModuleFormat } from './file-kinds.js'
import { isForRequire } from './hook-context.js'
import type { LoadContext, LoadResult } from './hook-context.js'
import { expectedFormatOf, moduleFormatOf } from './module-format.js'
import { enableSourceMaps } from './source-maps.js'
import { transform } from './transform.js'
import { active } from './watcher.js'

const textOf = (source: NonNullable<LoadResult['source']>): string =>
  typeof source === 'string' ? source : new TextDecoder().decode(source)

/** The module if it is ours to supply: JSON as TypeScript imports it, or one that exists in no file. undefined: Node loads it. */
export const loadOwn = (url: string, context: LoadContext): LoadResult | undefined => {
  if (isImportedJSON(url, context.format)) return { format: 'module', source: jsonModuleOf(url) }
  const { watcher } = active
  if (!watcher?.virtual || /^(?:file|node|data):/.test(url)) return undefined
  return watcher.virtual(url)
}

const jsonModuleOf = (url: string): string =>
  (require('./json-module.js') as typeof import('./json-module.js')).jsonModule(fileOfURL(url) as string)

/** Whether it is for us to transform. With an attribute it is something else than a module. */
export const isToTransform = (url: string, context: LoadContext): boolean => isTransformedURL(url) && !context.importAttributes?.type

/** What Node, or the hooks of others, are asked for first: the text of the file, without a look at its name. */
export const contextForText = (url: string, context: LoadContext): LoadContext =>
  context.format ? context : { ...context, format: expectedFormatOf(fileOfURL(url) as string) }

/** The format that somebody else's hook has given to the text that it supplied; undefined: the file's own. */
const formatOfText = ({ format }: LoadResult, asked: LoadContext): ModuleFormat | undefined =>
  format !== asked.format && (format === 'module' || format === 'commonjs') ? format : undefined

/** @param text what `contextForText` has brought; Node leaves the text of CommonJS out where the CommonJS loader shall read it */
export const loadTransformed = (url: string, context: LoadContext, text: LoadResult = {}): LoadResult => {
  const file = fileOfURL(url) as string
  enableSourceMaps()
  const wanted = formatOfText(text, context) ?? moduleFormatOf(file)
  const { format, code } = transform(file, wanted, text.source == null ? undefined : textOf(text.source))
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
