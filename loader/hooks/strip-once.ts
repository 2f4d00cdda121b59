// Where hooks serve CommonJS, Node has our JavaScript for an imported TypeScript file, but goes by the file's name as it compiles it: it
// would load its own TypeScript parser, a WebAssembly program, and strip types a second time. In node_modules that is an error.
import Module from 'node:module'
import type { CommonJSModule } from './commonjs-compile.js'
import { transformedExtensions } from './file-kinds.js'

interface CommonJSLoader {
  _extensions: Record<string, (module: CommonJSModule, filename: string) => void>
}

const { _extensions: extensions } = Module as unknown as CommonJSLoader

/** `typescript` stands for a file whose package does not say what it is; in CommonJS that is CommonJS. */
const formatOnceStripped: Record<string, string> = { typescript: 'commonjs', 'commonjs-typescript': 'commonjs', 'module-typescript': 'module' }

const loadStripped = (module: CommonJSModule, filename: string): void => {
  module._compile = (code, file, format) => {
    Reflect.deleteProperty(module, '_compile')
    return module._compile(code, file, formatOnceStripped[format] ?? format)
  }
  extensions['.js']?.(module, filename)
}

/** Not enumerable, so that `require('./x')` in JavaScript finds what it always did. */
export const stripOnce = (): void => {
  for (const extension of transformedExtensions) {
    Object.defineProperty(extensions, extension, { value: loadStripped, configurable: true, writable: true, enumerable: false })
  }
}
