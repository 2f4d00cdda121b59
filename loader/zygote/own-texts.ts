// The texts of the program's own modules, for what cannot be looked at: which global variables they may ask for, or replace.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { withoutMap } from '../hooks/inline-map.js'
import { transformedSource } from '../hooks/transform.js'
import { isOwnModule } from './own-graph.js'
import { requireCache } from './require-cache.js'

/** The JavaScript of a file; undefined where a module is in none, as the `noop.js` that `createRequire(folder)` makes up. */
export const sourceOf = (file: string): string | undefined => {
  try {
    return transformedSource(file)
  } catch {
    return undefined
  }
}

/** Own modules of CommonJS that are evaluated, or have begun to be. */
export const requiredFiles = (): string[] =>
  Object.keys(requireCache).filter((file) => path.isAbsolute(file) && isOwnModule(pathToFileURL(file).href))

/** Without what compilers write, which reaches nothing but a module's own exports. */
const withoutPrologue = (source: string): string =>
  source.replace(/^var __\w+ = Object(?:\.\w+)+;$/gm, '').replaceAll('Object.defineProperty(exports,', '(')

export class OwnTexts {
  /** By URL; undefined if nobody knows it. */
  readonly #texts = new Map<string, string | undefined>()

  /** Of an ES module. */
  add(url: string, source: string) {
    this.#texts.set(url, withoutMap(source))
  }

  /** Adds those of CommonJS that are not here yet. Returns their URLs. */
  addRequired(): string[] {
    return requiredFiles().filter((file) => !/\.(?:json|node)$/.test(file)).flatMap((file) => {
      const url = pathToFileURL(file).href
      if (this.#texts.has(url)) return []
      const source = sourceOf(file)
      this.#texts.set(url, source && withoutPrologue(withoutMap(source)))
      return [url]
    })
  }

  /** Whether an own module may find out that there is a global variable of this name. */
  mayAskForGlobal(name: string): boolean {
    return [...this.#texts.values()].some((text) =>
      text === undefined || text.includes(name) || text.includes('\\u') || /\b(?:globalThis|global|eval|Function)\b(?!\s*\.\s*\w)/.test(text))
  }

  /** The first of these global variables that an own module may give another value. */
  mayReplace(url: string, names: readonly string[]): string | undefined {
    const text = this.#texts.get(url)
    if (text === undefined) return names[0]
    const isReaching = /\b(?:globalThis|global|Reflect|defineProperty|defineProperties|assign|eval|Function)\b/.test(text)
    return names.find((name) => (isReaching && text.includes(name)) || new RegExp(`\\b${name}\\s*=(?!=)`).test(text))
  }
}
