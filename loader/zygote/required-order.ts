// The packages that the own modules of a CommonJS program require, in the order in which they do: as it happens, for no text tells it all.
import { fileURLToPath } from 'node:url'
import { identityOf, type BasePackage } from '../protocol.js'
import { leadingRequires } from './leading-requires.js'
import { isOwnModule, isPackages } from './own-graph.js'
import { sourceOf } from './own-texts.js'
import { requireCache } from './require-cache.js'

interface Step {
  parentURL: string
  url: string
}

export class RequiredOrder {
  readonly #entry: string
  readonly #packages: Required<BasePackage>[] = []
  readonly #leading = new Map<string, { identity: string; specifiers: readonly string[] }>()
  #last: Step | undefined
  #hasEnded = false
  #hasRun = false

  constructor(entry: string) {
    this.#entry = entry
  }

  /** An own module is about to evaluate this one, unless it is there already. Whether it is a package that none has required before. */
  add(specifier: string, parentURL: string, url: string): boolean {
    this.#forgetResolved()
    this.#hasRun ||= !this.#followsAtOnce(specifier, parentURL)
    this.#last = { parentURL, url }
    if (this.#hasEnded || !isPackages(url) || this.#packages.some((each) => each.url === url)) return false
    this.#packages.push({ url, requiredBy: fileURLToPath(parentURL) })
    return true
  }

  /** What comes next is not known here: an ES module of the program's own. */
  end() {
    this.#hasEnded = true
  }

  /** So far. */
  get packages(): readonly Required<BasePackage>[] {
    this.#forgetResolved()
    return this.#packages
  }

  /** Whether an own module has done anything but require since the last call. */
  takeRun(): boolean {
    const hasRun = this.#hasRun
    this.#hasRun = false
    return hasRun
  }

  /** Parses in advance. */
  prepare(file: string) {
    this.#leadingOf(file)
  }

  /** Whether no statement of an own module has run since the last step, other than those that require. */
  #followsAtOnce(specifier: string, parentURL: string): boolean {
    const last = this.#last
    const goesOn = !last ? parentURL === this.#entry : last.parentURL === parentURL ? !isOwnModule(last.url) : last.url === parentURL
    return goesOn && this.#leadingOf(fileURLToPath(parentURL)).includes(specifier)
  }

  #leadingOf(file: string): readonly string[] {
    const identity = identityOf(file)
    const known = this.#leading.get(file)
    if (known?.identity === identity) return known.specifiers
    const source = sourceOf(file)
    const specifiers = source === undefined ? [] : leadingRequires(source) ?? []
    this.#leading.set(file, { identity, specifiers })
    return specifiers
  }

  /** `require.resolve` asks, too, and evaluates nothing. */
  #forgetResolved() {
    const last = this.#packages.at(-1)
    if (!last || last.url !== this.#last?.url) return
    const module = requireCache[fileURLToPath(last.url)]
    if (!module || !requireCache[last.requiredBy]?.children.includes(module)) this.#packages.pop()
  }
}
