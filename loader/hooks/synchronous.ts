// Node 22.15 and later: hooks that run synchronously, on the thread that loads, for `import` and `require` alike.
// All that JavaScript pays for is in this file; what TypeScript and a watcher need is loaded when they show up.
import * as nodeModule from 'node:module'
import { nodeCapabilities } from '../node-capabilities.js'
import { isImportedJSON, isTransformedURL } from './file-kinds.js'
import { isForRequire } from './hook-context.js'
import type { LoadContext, LoadResult, ResolveContext, ResolveResult } from './hook-context.js'
import { withoutOwnFrames } from './own-frames.js'
import { asOwnWork, isOwnWork } from './own-work.js'
import { withSecondChance } from './second-chance.js'
import { active } from './watcher.js'

type NextResolve = (specifier: string, context: ResolveContext) => ResolveResult
type NextLoad = (url: string, context: LoadContext) => LoadResult

interface SynchronousHooks {
  registerHooks(hooks: {
    resolve(specifier: string, context: ResolveContext, next: NextResolve): ResolveResult
    load(url: string, context: LoadContext, next: NextLoad): LoadResult
  }): void
}

const resolution = () => require('./resolution.js') as typeof import('./resolution.js')

const resolveForTypeScript = (specifier: string, original: ResolveContext, next: NextResolve): ResolveResult => {
  const { prepareResolution, completeResolution, retryResolution } = resolution()
  const prepared = prepareResolution(specifier, original)
  if (prepared.final) return { ...prepared.final, shortCircuit: true }
  const { context } = prepared
  let result
  try {
    result = next(prepared.specifier, context)
  } catch (error) {
    const second = retryResolution(error, prepared.specifier, context)
    if (second === undefined) throw withoutOwnFrames(error)
    result = next(second, context)
  }
  return completeResolution(result, context, specifier)
}

const resolveForJavaScript = (specifier: string, context: ResolveContext, next: NextResolve): ResolveResult =>
  withSecondChance(() => next(specifier, context), () => {
    const second = asOwnWork(() => resolution().retryForJavaScript(specifier, context))
    return second === undefined ? undefined : next(second, context)
  })

/** As many frames as a hook adds, Node's with ours, to the stack of an error: they must not push out the user's own line. */
const framesOfHook = 10

const resolveWithLongStacks = (specifier: string, context: ResolveContext, next: NextResolve): ResolveResult => {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit + framesOfHook)
  try {
    if (active.watcher || isTransformedURL(context.parentURL)) return asOwnWork(() => resolveForTypeScript(specifier, context, next))
    const result = resolveForJavaScript(specifier, context, next)
    return isTransformedURL(result.url) ? resolution().completeResolution(result, context, specifier) : result
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

const resolve = (specifier: string, context: ResolveContext, next: NextResolve): ResolveResult => {
  if (isOwnWork()) return next(specifier, context)
  const result = resolveWithLongStacks(specifier, context, next)
  const { parentURL } = context
  if (active.watcher?.required && parentURL !== undefined && isForRequire(context)) active.watcher.required(specifier, parentURL, result.url)
  return result
}

const loadForTypeScript = (url: string, context: LoadContext, next: NextLoad): LoadResult => {
  const { contextForText, isToTransform, loadOwn, loadTransformed, keepCommonJS, watchLoaded } = require('./load.js') as typeof import('./load.js')
  const own = loadOwn(url, context)
  if (own) return { ...own, shortCircuit: true }
  if (isToTransform(url, context)) {
    const asked = contextForText(url, context)
    return { ...loadTransformed(url, asked, next(url, asked)), shortCircuit: true }
  }
  const result = watchLoaded(url, next(url, context))
  return nodeCapabilities.hooksLeaveCommonJS ? result : keepCommonJS(url, context, result)
}

const load = (url: string, context: LoadContext, next: NextLoad): LoadResult => {
  const isPlain = nodeCapabilities.hooksLeaveCommonJS && !active.watcher && !isTransformedURL(url) && !isImportedJSON(url, context.format)
  return isPlain || isOwnWork() ? next(url, context) : asOwnWork(() => loadForTypeScript(url, context, next))
}

export const synchronousHooks = { resolve, load }

export const installSynchronousHooks = (): void => {
  (nodeModule as unknown as SynchronousHooks).registerHooks(synchronousHooks)
}
