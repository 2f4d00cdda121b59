// What `Module._extensions` does for a file that must be transformed.
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

export const compileTransformed = (module: CommonJSModule, filename: string): void => {
  enableSourceMaps()
  if (!nodeCapabilities.hooksServeRequiredModules) return compileWithoutHooks(module, filename)
  const { format, code } = transformedAs(filename, moduleFormatOf(filename))
  module._compile(code, filename, format)
}

/**
 * The same for an ES module of JavaScript (`.mjs`) that is required. It fails before anything of it has been evaluated, at the first import
 * of TypeScript: then it is compiled, too, and the imports become calls of `require`, which finds TypeScript.
 */
export const loadModuleWithoutHooks = (module: CommonJSModule, filename: string, load: () => void): void => {
  try {
    load()
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    module._compile(transformedAs(filename, 'commonjs').code, filename, 'commonjs')
  }
}
