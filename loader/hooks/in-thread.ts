// Node 20, zygote: the ESM loader's own customization point, filled in on this thread. The public way (`module.register`) starts a
// thread, which would not survive a fork. Internals are at hand because a zygote is started with --expose-internals.
import { isTransformedURL } from './file-kinds.js'
import type { LoadContext, LoadResult, ResolveResult } from './hook-context.js'
import { isToTransform, loadOwn, loadTransformed, watchLoaded } from './load.js'
import { withoutOwnFrames } from './own-frames.js'
import { asOwnWork } from './own-work.js'
import { completeResolution, prepareResolution, retryResolution } from './resolution.js'

type Attributes = Record<string, string>

/** `ModuleLoader` of lib/internal/modules/esm/loader.js in Node 20. */
interface ModuleLoader {
  setCustomizations(customizations: Customizations | undefined): void
  defaultResolve(specifier: string, parentURL: string | undefined, attributes: Attributes): ResolveResult
  register(...args: unknown[]): unknown
  forceLoadHooks(): void
  getModuleJobForRequire(specifier: string, parentURL: string, attributes: Attributes): unknown
}

interface Customizations {
  allowImportMetaResolve: boolean
  resolve(specifier: string, parentURL: string | undefined, attributes: Attributes): ResolveResult
  resolveSync(specifier: string, parentURL: string | undefined, attributes: Attributes): ResolveResult
  load(url: string, context: LoadContext): LoadResult
  loadSync(url: string, context: LoadContext): LoadResult
  importMetaInitialize(meta: object, context: object, loader: ModuleLoader): unknown
  register(...args: unknown[]): unknown
  forceLoadHooks(): void
}

interface Internals {
  loader: ModuleLoader
  defaultLoadSync: (url: string, context: LoadContext) => LoadResult
  initializeImportMeta: (meta: object, context: object, loader: ModuleLoader) => unknown
}

const requireInternals = (): Internals => {
  require('internal/modules/esm/resolve') // Before the others: they form a cycle that only this order survives.
  const { defaultLoadSync } = require('internal/modules/esm/load') as Pick<Internals, 'defaultLoadSync'>
  const { initializeImportMeta } = require('internal/modules/esm/initialize_import_meta') as Pick<Internals, 'initializeImportMeta'>
  const { getOrInitializeCascadedLoader } = require('internal/modules/esm/loader') as { getOrInitializeCascadedLoader: () => ModuleLoader }
  return { loader: getOrInitializeCascadedLoader(), defaultLoadSync, initializeImportMeta }
}

export const installInThreadHooks = (): void => {
  const { loader, defaultLoadSync, initializeImportMeta } = requireInternals()

  const resolveForTypeScript = (specifier: string, parentURL: string | undefined, importAttributes: Attributes): ResolveResult => {
    const resolution = prepareResolution(specifier, { parentURL, importAttributes })
    if (resolution.final) return resolution.final
    const { context } = resolution
    try {
      return completeResolution(loader.defaultResolve(resolution.specifier, context.parentURL, importAttributes), context, specifier)
    } catch (error) {
      const second = retryResolution(error, resolution.specifier, context)
      if (second === undefined) throw withoutOwnFrames(error)
      return completeResolution(loader.defaultResolve(second, context.parentURL, importAttributes), context, specifier)
    }
  }

  const resolve: typeof resolveForTypeScript = (...request) => asOwnWork(() => resolveForTypeScript(...request))

  /** Under `require` Node's own step supplies the source of CommonJS. */
  const loadSync = (url: string, context: LoadContext): LoadResult => {
    const own = asOwnWork(() => loadOwn(url, context) ?? (isToTransform(url, context) ? loadTransformed(url, context) : undefined))
    // The ESM loader takes the module's identity from `responseURL`, and does without none.
    if (own) return { ...own, responseURL: url }
    const result = defaultLoadSync(url, context)
    return asOwnWork(() => watchLoaded(url, result))
  }

  /**
   * Node's own step for `import` (`defaultLoad`) differs from the synchronous one in two ways. It leaves out the source of CommonJS,
   * so that the CommonJS loader loads it. And it reads in libuv's thread pool, whose threads would not survive the fork.
   */
  const load = (url: string, context: LoadContext): LoadResult => {
    const result = loadSync(url, { ...context })
    return result.format === 'commonjs' && !isTransformedURL(url) ? { ...result, source: null } : result
  }

  loader.setCustomizations({
    allowImportMetaResolve: true,
    resolve,
    resolveSync: resolve,
    load,
    loadSync,
    importMetaInitialize: initializeImportMeta,
    // The program registers hooks of its own: Node's thread takes over. What follows is its own doing, as in a plain run.
    register: (...args) => {
      loader.setCustomizations(undefined)
      return loader.register(...args)
    },
    forceLoadHooks: () => undefined,
  })

  // What a required ES module imports passes by the customizations: at least find TypeScript there, and tell the watcher of it.
  const getModuleJobForRequire = loader.getModuleJobForRequire.bind(loader)
  loader.getModuleJobForRequire = (specifier, parentURL, attributes) =>
    getModuleJobForRequire(resolve(specifier, parentURL, attributes).url, parentURL, attributes)
}
