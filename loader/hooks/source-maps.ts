import * as nodeModule from 'node:module'
import { nodeCapabilities } from '../node-capabilities.js'

interface SourceMapsByOrigin {
  setSourceMapsSupport(enabled: boolean, options: { nodeModules: boolean; generatedCode: boolean }): void
}

/**
 * Makes stack traces show the user's lines. Called before the first transformed file is compiled and not earlier, because
 * from then on Node reads the source map of every file that names one.
 */
export const enableSourceMaps = (): void => {
  if ((process as { sourceMapsEnabled?: boolean }).sourceMapsEnabled) return
  if (nodeCapabilities.sourceMapsByOrigin) {
    (nodeModule as unknown as SourceMapsByOrigin).setSourceMapsSupport(true, { nodeModules: false, generatedCode: false })
  } else process.setSourceMapsEnabled(true)
}
