// The CommonJS loader, patched where hooks do not reach all of it (see `hooksServeCommonJS`): resolution, and handlers for the
// extensions that need a transform. The handlers are not enumerable, so that `require('./x')` in JavaScript finds what it always did.
// All that JavaScript pays for is in this file.
import fs from 'node:fs'
import Module from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nodeCapabilities } from '../node-capabilities.js'
import type { CommonJSModule } from './commonjs-compile.js'
import { isTransformed, transformedExtensions } from './file-kinds.js'
import { withoutOwnFrames } from './own-frames.js'
import { asOwnWork, isOwnWork } from './own-work.js'
import { withSecondChance } from './second-chance.js'
import { active } from './watcher.js'

type ResolveFilename = (request: string, parent: CommonJSModule | null | undefined, isMain?: boolean, options?: { paths?: string[] }) => string

type ExtensionHandler = (module: CommonJSModule, filename: string) => void

interface CommonJSLoader {
  _resolveFilename: ResolveFilename
  _extensions: Record<string, ExtensionHandler>
}

const loader = Module as unknown as CommonJSLoader

/** Where hooks see `require`, they have asked the watcher already. */
const askWatcher = (request: string, parent: string | undefined): string | undefined => {
  if (nodeCapabilities.registerHooks) return undefined
  const answer = active.watcher?.resolve?.(request, parent === undefined ? undefined : pathToFileURL(parent).href)
  return answer && 'url' in answer && answer.url.startsWith('file:') ? fileURLToPath(answer.url) : undefined
}

/** Where hooks see `require`, they have told the watcher. */
const tellWatcher = (request: string, parent: string, filename: string) => {
  if (!nodeCapabilities.registerHooks) active.watcher?.required?.(request, pathToFileURL(parent).href, pathToFileURL(filename).href)
}

/** Where hooks see `require`, they have tried. */
const resolveForJavaScript = (request: string, parent: string | undefined): string | undefined =>
  (nodeCapabilities.registerHooks ? undefined : (require('./resolve.js') as typeof import('./resolve.js')).findForJavaScript(request, parent, true)?.file)

const patchResolution = (): void => {
  const original = loader._resolveFilename

  const resolveForTypeScript: ResolveFilename = (request, parent, isMain, options) => {
    const { findForTypeScript, findAfterFailure } = require('./resolve.js') as typeof import('./resolve.js')
    const { reportConsulted } = require('./package-json.js') as typeof import('./package-json.js')
    const from = parent?.filename ?? undefined
    const instead = askWatcher(request, from) ?? (options?.paths ? undefined : findForTypeScript(request, from, true)?.file)
    let filename
    try {
      filename = original.call(loader, instead ?? request, parent, isMain, options)
    } catch (error) {
      const second = findAfterFailure(error, request, from)?.file ?? resolveForJavaScript(request, from)
      if (second === undefined) throw withoutOwnFrames(error)
      filename = second
    }
    if (path.isAbsolute(filename)) reportConsulted(filename)
    if (from !== undefined && path.isAbsolute(filename)) tellWatcher(request, from, filename)
    return filename
  }

  loader._resolveFilename = function _resolveFilename(request, parent, isMain, options) {
    const isPlain = !active.watcher && !isTransformed(parent?.filename ?? '')
    if (!isPlain && !isOwnWork()) return asOwnWork(() => resolveForTypeScript(request, parent, isMain, options))
    if (isOwnWork() || nodeCapabilities.registerHooks) return original.call(this, request, parent, isMain, options)
    const step = () => original.call(this, request, parent, isMain, options)
    return withSecondChance(step, () => asOwnWork(() => resolveForJavaScript(request, parent?.filename ?? undefined)))
  }
}

/** JavaScript for which `javaScriptForImport` has put another text in its place, until it is loaded. */
export const handedOver = new Set<string>()

/** The file itself, where `javaScriptForImport` has put another text in its place. */
const patchJavaScript = (): void => {
  const original = loader._extensions['.js']
  loader._extensions['.js'] = (module, filename) => {
    if (handedOver.delete(filename)) module._compile(fs.readFileSync(filename, 'utf8').replace(/^\uFEFF/, ''), filename, 'commonjs')
    else original?.(module, filename)
  }
}

const handle = (extension: string, value: ExtensionHandler): void => {
  Object.defineProperty(loader._extensions, extension, { value, configurable: true, writable: true, enumerable: false })
}

export const patchCommonJS = (): void => {
  patchResolution()
  if (nodeCapabilities.registerHooks && !nodeCapabilities.hooksLeaveCommonJS) patchJavaScript()
  const compile = () => require('./commonjs-compile.js') as typeof import('./commonjs-compile.js')
  for (const extension of transformedExtensions) handle(extension, (module, filename) => compile().compileTransformed(module, filename))
  if (nodeCapabilities.hooksServeRequiredModules) return
  handle('.mjs', (module, filename) => compile().loadModuleWithoutHooks(module, filename, () => loader._extensions['.js']?.(module, filename)))
}
