// One resolution, in the parts that come before and after Node's own step. The adapters (synchronous hooks, hooks on a thread, the
// CommonJS loader) put their kind of step between them.
import { pathToFileURL } from 'node:url'
import { fileOfURL, isImportedJSON, isTransformedURL } from './file-kinds.js'
import { isForRequire } from './hook-context.js'
import type { ResolveContext, ResolveResult } from './hook-context.js'
import { expectedFormatOf } from './module-format.js'
import { reportConsulted } from './package-json.js'
import { findAfterFailure, findForJavaScript, findForTypeScript } from './resolve.js'
import type { Found } from './resolve.js'
import { active } from './watcher.js'

export interface Resolution {
  /** The answer, when Node need not be asked. */
  final?: ResolveResult
  /** What Node shall resolve instead, and from where. */
  specifier: string
  context: ResolveContext
}

/** CommonJS knows no URLs. */
const specifierFor = ({ file, query }: Found, context: ResolveContext): string =>
  isForRequire(context) ? file : pathToFileURL(file).href + query

const transformedParent = ({ parentURL }: ResolveContext): string | undefined =>
  isTransformedURL(parentURL) ? fileOfURL(parentURL) : undefined

export const prepareResolution = (specifier: string, original: ResolveContext): Resolution => {
  let context = original
  const answer = active.watcher?.resolve?.(specifier, context.parentURL)
  if (answer && 'url' in answer) return { final: completeResolution(answer, context, specifier), specifier, context }
  if (answer) context = { ...context, parentURL: answer.parentURL }
  const parent = transformedParent(context)
  const found = parent === undefined ? undefined : findForTypeScript(specifier, parent, isForRequire(context))
  return { specifier: found ? specifierFor(found, context) : specifier, context }
}

/** What to resolve after Node could not resolve; undefined: its error stands. */
export const retryResolution = (error: unknown, specifier: string, context: ResolveContext): string | undefined => {
  const found = findAfterFailure(error, specifier, fileOfURL(context.parentURL)) ?? forJavaScript(specifier, context)
  return found && specifierFor(found, context)
}

const forJavaScript = (specifier: string, context: ResolveContext): Found | undefined =>
  findForJavaScript(specifier, fileOfURL(context.parentURL), isForRequire(context))

/** The same for JavaScript, with nothing but that Node could not. */
export const retryForJavaScript = (specifier: string, context: ResolveContext): string | undefined => {
  const found = forJavaScript(specifier, context)
  return found && specifierFor(found, context)
}

/** `specifier`: as it stands in the source. */
export const completeResolution = (result: ResolveResult, context: ResolveContext, specifier: string): ResolveResult => {
  const { url } = result
  if (active.watcher) {
    const file = fileOfURL(url)
    if (file !== undefined) reportConsulted(file)
    if (context.parentURL !== undefined && !isForRequire(context)) active.watcher.resolved?.(specifier, context.parentURL, url)
  }
  const file = isTransformedURL(url) ? fileOfURL(url) : undefined
  if (file !== undefined) return { ...result, format: expectedFormatOf(file) }
  // TypeScript imports JSON as it imports everything else, without an attribute and by names: see json-module.ts.
  if (isImportedJSON(url, 'module') && isTransformedURL(context.parentURL) && !isForRequire(context) && !context.importAttributes?.type) {
    return { ...result, format: 'module' }
  }
  return result
}
