// Where a program is split: packages in its base (native/addon/base.h), its own modules in each zygote that is made from it. Only there does the
// order of evaluation change, packages before own modules; so it is made sure that this cannot be seen.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformedSource } from '../hooks/transform.js'
import type { Native, Platform } from '../native.js'
import type { BasePackage, BasePlan } from '../protocol.js'
import { isOwnModule, isPackages, OwnGraph, type Order } from './own-graph.js'
import { OwnTexts, requiredFiles } from './own-texts.js'
import { nameOf, PackageLoading, type AsOwnWork } from './package-loading.js'
import { requireCache } from './require-cache.js'
import { RequiredOrder } from './required-order.js'
import { canHaveStandIns, hasNoParent } from './stand-ins.js'
import { VisibleState } from './visible-state.js'

export interface Split {
  /** For the next base; undefined: there is nothing to load in it. */
  plan: BasePlan | undefined
  /** Why this zygote may differ from one that was made without its base; '' if it does not. */
  obstacle: string
}

/** How a source, which can import nothing of ours, reaches us. */
const evaluatedSymbol = Symbol.for('instastart.evaluated')

const isSame = (one: BasePackage, other: BasePackage | undefined): boolean => one.url === other?.url && one.requiredBy === other.requiredBy

export class SplitProgram {
  readonly #graph = new OwnGraph()
  readonly #texts = new OwnTexts()
  readonly #required: RequiredOrder
  readonly #loading: PackageLoading
  readonly #file: string
  /** The URL of the same. */
  readonly #entry: string
  /** Of the base that this zygote is made from; without packages where there is to be none. */
  readonly #plan: BasePlan | undefined
  #state: VisibleState | undefined
  #order: Order | undefined
  /** Own modules that are not evaluated yet, in order. */
  readonly #pending = new Set<string>()
  /** The first own module that has changed what packages after it may look at, and how many come before it. */
  #changing: { url: string; what: string; before: number } | undefined
  readonly #platform: Platform

  constructor(entry: string, plan: BasePlan | undefined, { native, platform }: { native: Native; platform: Platform }) {
    this.#platform = platform
    this.#file = entry
    this.#entry = pathToFileURL(entry).href
    this.#plan = plan
    this.#required = new RequiredOrder(this.#entry)
    this.#loading = new PackageLoading(entry, this.packages, { native, platform })
  }

  get hasBase(): boolean {
    return this.packages.length > 0
  }

  get packages(): readonly BasePackage[] {
    return this.#plan?.packages ?? []
  }

  get ownFiles(): readonly string[] {
    return this.#plan?.own ?? []
  }

  readonly resolved = (specifier: string, parentURL: string, url: string) => {
    const kind = this.#graph.resolved(specifier, parentURL, url)
    if (kind && url.startsWith('node:')) this.#state?.addLoadedBuiltins()
    // In the middle of a module's evaluation, and so perhaps before packages that the base has loaded before it.
    if (kind === 'dynamic' && isPackages(url) && this.#comesEarly(parentURL)) this.#hasChanged(parentURL, `import('${specifier}')`)
  }

  /** The same of `require`, when a module is about to. */
  readonly required = (specifier: string, parentURL: string, url: string) => {
    if (this.#loading.isGoingOn || !isOwnModule(parentURL) || !this.#isCommonJS) return
    const parent = fileURLToPath(parentURL)
    if (requireCache[parent]) this.#loading.standIns.link(parent, requireCache[parent])
    const before = this.#required.packages.length
    const isNew = this.#required.add(specifier, parentURL, url)
    if (!this.#state || !isPackages(url) || before >= this.packages.length || this.#changing) return
    // Else it is evaluated anew, or is none of the base's.
    const isThere = requireCache[fileURLToPath(url)] !== undefined
    const what = !isThere ? `require('${specifier}')` : isNew ? this.#lookForChange(this.#state) : undefined
    if (what !== undefined) this.#hasChanged(parentURL, what, before)
  }

  /** Whether the main module is CommonJS, and Node has begun to load it: before, it has no file's name. */
  get #isCommonJS(): boolean {
    return process.mainModule?.filename === this.#file
  }

  /** The text of an ES module as it is to be evaluated, unless there is a gate in it. */
  readonly loaded = (url: string, source: string): string => {
    const isOwn = this.#graph.loaded(url, source)
    if (!isOwn) return source
    this.#texts.add(url, source)
    if (this.#isCommonJS) this.#required.end()
    if (!this.hasBase) return source
    return `${source}\n;globalThis.process[globalThis.Symbol.for(${JSON.stringify(Symbol.keyFor(evaluatedSymbol))})]?.(${JSON.stringify(url)});`
  }

  /** In the base: what loads its packages, as `import()` takes it. */
  moduleOfPackages(asOwnWork: AsOwnWork): string {
    const state = this.#state = asOwnWork(() => new VisibleState((code) => this.#platform.scriptOf(code)))
    return this.#loading.begin(state, asOwnWork)
  }

  /** In the base, which has loaded its packages: what of them must not be in a base, and a plan without that. */
  unfit(): { what: string; plan: BasePlan } | undefined {
    const unfit = this.#loading.end()
    return unfit && { what: unfit.what, plan: { packages: this.packages.slice(0, unfit.index), own: [...this.ownFiles] } }
  }

  /** In the base, which has loaded its packages: what can be done in advance for own modules. */
  prepare() {
    const isRequired = this.packages[0]?.requiredBy !== undefined
    for (const file of this.ownFiles) {
      try {
        if (isRequired) this.#required.prepare(file)
        else this.#graph.parse(transformedSource(file))
      } catch {
        // It is gone, or broken: whoever still imports it will say so.
      }
    }
  }

  /** In a zygote that was just made from the base. Returns what ends the watch. */
  watch(asOwnWork: AsOwnWork): () => void {
    // What it is to begin with: its pid, for one, is another one than the base's.
    asOwnWork(() => this.#state?.changes())
    const evaluated = (url: string) => asOwnWork(() => this.#evaluated(url))
    Object.defineProperty(process, evaluatedSymbol, { configurable: true, value: evaluated })
    return () => Reflect.deleteProperty(process, evaluatedSymbol)
  }

  /** Not before the first own module is evaluated: by then Node has resolved all static imports. */
  get #ownOrder(): Order {
    if (!this.#order) {
      this.#order = this.#graph.order(this.#entry, this.#entry)
      for (const url of this.#order.before.keys()) this.#pending.add(url)
    }
    return this.#order
  }

  /** Whether packages of the base would come after this module: up to here nothing else but own modules has been evaluated. */
  #comesEarly(url: string): boolean {
    if (this.#isCommonJS) return this.#required.packages.length < this.packages.length
    return (this.#ownOrder.before.get(url) ?? 0) < this.packages.length
  }

  #hasChanged(url: string, what: string, before = this.#isCommonJS ? this.#required.packages.length : this.#ownOrder.before.get(url) ?? 0) {
    this.#changing ??= { url, what, before }
  }

  /** What own modules of CommonJS have changed since the last look. */
  #lookForChange(state: VisibleState): string | undefined {
    if (!this.#required.takeRun()) return undefined
    const replaced = this.#texts.addRequired().flatMap((url) => this.#texts.mayReplace(url, state.interfaces) ?? [])
    return replaced[0] ?? state.changes()[0]?.what
  }

  #evaluated(url: string) {
    if (this.#changing || !this.#state || this.#isCommonJS || !this.#comesEarly(url)) return
    const replaced = this.#texts.mayReplace(url, this.#state.interfaces)
    if (replaced) {
      this.#hasChanged(url, replaced)
      return
    }
    const { before } = this.#ownOrder
    const [first = url] = this.#pending
    this.#pending.delete(url)
    const [next = ''] = this.#pending
    // Looking takes milliseconds: once is enough for all that come before the same package. Those that wait for something end out of order.
    if (url === first && before.has(url) && before.get(next) === before.get(url)) return
    const [change] = this.#state.changes()
    if (change) this.#hasChanged(before.has(url) ? first : url, change.what)
  }

  /** `gate`: the file in front of whose body the zygote parks. */
  at(gate: string): Split {
    const { packages, first, own } = this.#isCommonJS ? this.#requiredSoFar() : this.#importedBefore(pathToFileURL(gate).href)
    // Of a package's modules nobody knows here which were evaluated.
    const isUnknown = packages.length === 0 || isPackages(pathToFileURL(gate).href)
    if (!this.#plan && (isUnknown || (this.#isCommonJS && !canHaveStandIns()))) return { plan: undefined, obstacle: '' }
    const planOf = (count: number) => ({ packages: packages.slice(0, count), own })
    if (!this.#plan) return { plan: planOf(packages.length), obstacle: '' }
    const { length } = this.packages
    const { effects } = this.#loading
    const isOutdated = !this.packages.every((each, i) => isSame(each, packages[i]))
    if (isOutdated) return { plan: planOf(packages.length), obstacle: 'base-outdated' }
    const early = effects.find(({ index, newGlobal }) => index >= first && (newGlobal === undefined || this.#mayAskForGlobal(newGlobal)))
    if (early) return { plan: planOf(early.index), obstacle: `base-seen: ${early.what} by ${nameOf(this.packages[early.index])}` }
    if (!this.#changing) return { plan: planOf(length), obstacle: '' }
    const { url, what, before } = this.#changing
    return { plan: planOf(before), obstacle: `base-seen: ${what} by ${fileURLToPath(url)}` }
  }

  #importedBefore(gate: string) {
    const { packages, before } = this.#graph.order(this.#entry, gate)
    return { packages, first: Math.min(...before.values()), own: this.#graph.files }
  }

  #requiredSoFar() {
    const { packages } = this.#required
    const orphan = canHaveStandIns() ? packages.findIndex(({ url }) => hasNoParent(fileURLToPath(url))) : -1
    // What a module looks at as it requires, nobody knows: it may be anything, from the start.
    return { packages: packages.slice(0, orphan < 0 ? undefined : orphan), first: 0, own: requiredFiles() }
  }

  #mayAskForGlobal(name: string): boolean {
    if (this.#isCommonJS) this.#texts.addRequired()
    return this.#texts.mayAskForGlobal(name)
  }
}
