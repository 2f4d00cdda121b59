// The program's own modules, as far as they are ES modules, and the packages that they import, in the order in which Node evaluates both.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { distribution } from '../distribution.js'
import type { BasePackage } from '../protocol.js'
import { staticImports, type StaticImport } from './static-imports.js'

export interface Order {
  /** What own modules import from packages. */
  packages: BasePackage[]
  /** How many of them are evaluated before the body of an own module, by its URL. */
  before: Map<string, number>
}

const ours = `${pathToFileURL(distribution).href}/`

/** Whether this URL is a package's, and not the program's own. */
export const isPackages = (url: string): boolean => url.includes('/node_modules/') && !url.startsWith(ours)

export const isOwnModule = (url: string): boolean => url.startsWith('file:') && !isPackages(url) && !url.startsWith(ours)

/** Nobody can tell when it was evaluated. */
const isInert = (url: string): boolean => url.startsWith('node:') || url.startsWith(ours) || /\.json(?:[?#]|$)/.test(url)

export class OwnGraph {
  readonly #imports = new Map<string, readonly StaticImport[] | undefined>()
  readonly #targets = new Map<string, string>()
  /** URLs of modules that may require anything as they are evaluated. */
  readonly #requiring = new Set<string>()
  /** By text: in a base, those of the sources as they were then. */
  readonly #parsed = new Map<string, readonly StaticImport[] | undefined>()

  parse(source: string): readonly StaticImport[] | undefined {
    if (!this.#parsed.has(source)) this.#parsed.set(source, staticImports(source))
    return this.#parsed.get(source)
  }

  /** The text of an ES module, before anything of ours is added to it. Whether it is the program's own. */
  loaded(url: string, source: string): boolean {
    if (!isOwnModule(url)) return false
    this.#imports.set(url, this.parse(source))
    if (source.includes('createRequire')) this.#requiring.add(url)
    return true
  }

  /** By which kind of import an own module has it; undefined if it is no own module's. */
  resolved(specifier: string, parentURL: string, url: string): 'static' | 'dynamic' | undefined {
    if (!isOwnModule(parentURL)) return undefined
    if (!this.#imports.get(parentURL)?.some((each) => each.specifier === specifier)) return 'dynamic'
    this.#targets.set(`${parentURL}\n${specifier}`, url)
    return 'static'
  }

  /** As far as they are ES modules: those after the gate, too, which Node has loaded before it evaluates the first. */
  get files(): string[] {
    return [...this.#imports.keys()].map((url) => fileURLToPath(url))
  }

  /** From `entry` on to the body of `end`; to less where what comes next is not known, as what is required. */
  order(entry: string, end: string): Order {
    const packages = new Set<string>()
    const before = new Map<string, number>()
    const seen = new Set<string>()
    /** Whether it goes on after this module. */
    const visit = (url: string): boolean => {
      if (seen.has(url) || isInert(url)) return true
      seen.add(url)
      const imports = this.#imports.get(url)
      const isKnown = imports?.every(({ specifier, hasAttributes }) => {
        const target = this.#targets.get(`${url}\n${specifier}`) ?? (specifier.startsWith('node:') ? specifier : undefined)
        if (target === undefined) return false
        if (!isPackages(target)) return visit(target)
        if (hasAttributes) return isInert(target)
        packages.add(target)
        return true
      })
      if (!isKnown) return false
      before.set(url, packages.size)
      return url !== end && !this.#requiring.has(url)
    }
    visit(entry)
    return { packages: [...packages].map((each) => ({ url: each })), before }
  }
}
