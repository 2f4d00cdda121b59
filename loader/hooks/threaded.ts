// Node 20, plain run: the module that its hooks thread loads. Nothing is shared with the program's thread but the disk.
import type { LoadContext, LoadResult, ResolveContext, ResolveResult } from './hook-context.js'
import { contextForText, isToTransform, loadOwn, loadTransformed } from './load.js'
import { withoutOwnFrames } from './own-frames.js'
import { completeResolution, prepareResolution, retryResolution } from './resolution.js'
import { active } from './watcher.js'

type NextResolve = (specifier: string, context: ResolveContext) => Promise<ResolveResult>
type NextLoad = (url: string, context: LoadContext) => Promise<LoadResult>

export const initialize = ({ entry }: { entry: string | undefined }): void => {
  active.entry = entry
}

export const resolve = async (specifier: string, context: ResolveContext, next: NextResolve): Promise<ResolveResult> => {
  const resolution = prepareResolution(specifier, context)
  try {
    return completeResolution(await next(resolution.specifier, context), context, specifier)
  } catch (error) {
    const second = retryResolution(error, resolution.specifier, context)
    if (second === undefined) throw withoutOwnFrames(error)
    return completeResolution(await next(second, context), context, specifier)
  }
}

export const load = async (url: string, context: LoadContext, next: NextLoad): Promise<LoadResult> => {
  const own = loadOwn(url, context)
  if (own) return { ...own, shortCircuit: true }
  if (!isToTransform(url, context)) return next(url, context)
  const asked = contextForText(url, context)
  return { ...loadTransformed(url, asked, await next(url, asked)), shortCircuit: true }
}
