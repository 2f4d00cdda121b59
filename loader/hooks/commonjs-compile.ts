// What `Module._extensions` does for a file that must be transformed.
import Module from 'node:module'
import { nodeCapabilities } from '../node-capabilities.js'
import type { ModuleFormat } from './file-kinds.js'
import { moduleFormatOf } from './module-format.js'
import { asOwnWork } from './own-work.js'
import { enableSourceMaps } from './source-maps.js'
import { transform } from './transform.js'
import type { Transformed } from './transform.js'

export interface CommonJSModule {
  filename?: string | null
  _compile(code: string, filename: string, format: string): unknown
}

const transformedAs = (filename: string, wanted: ModuleFormat | 'detect'): Transformed => asOwnWork(() => transform(filename, wanted))

/**
 * Node 20 loads what a required ES module imports without any hook, so TypeScript there is compiled to CommonJS, as tsx does.
 * Only the entry can be handed to the ESM loader: that is what `_compile` does with it, whatever its text.
 */
const compileWithoutHooks = (module: CommonJSModule, filename: string): void => {
  const { format, code } = transformedAs(filename, moduleFormatOf(filename))
  if (format === 'commonjs') module._compile(code, filename, format)
  else if (process.mainModule as unknown === module) module._compile('', filename, format)
  else module._compile(transformedAs(filename, 'commonjs').code, filename, 'commonjs')
}

/**
 * Lets Node compile what the load hooks have made of an imported file, as the JavaScript that it is. By the file's extension Node would
 * strip types from it once more: 50 ms for its own parser to start, and wrong where JavaScript can be read as TypeScript.
 */
const compileFromHooks = (module: CommonJSModule, filename: string): void => {
  const value: CommonJSModule['_compile'] = (code, name) => {
    Reflect.deleteProperty(module, '_compile')
    return module._compile(code, name, 'commonjs')
  }
  Object.defineProperty(module, '_compile', { value, configurable: true })
  ;(Module as unknown as { _extensions: Record<string, (module: CommonJSModule, filename: string) => void> })._extensions['.js']?.(module, filename)
}

export const compileTransformed = (module: CommonJSModule, filename: string): void => {
  enableSourceMaps()
  if (!nodeCapabilities.hooksServeRequiredModules) return compileWithoutHooks(module, filename)
  if (nodeCapabilities.hooksServeCommonJS) return compileFromHooks(module, filename)
  const { format, code } = transformedAs(filename, moduleFormatOf(filename))
  module._compile(code, filename, format)
}
