// Where a program is split: packages in its base (native/addon/base.h), its own modules in each zygote that is made from it. Only there does the
// order of evaluation change, packages before own modules; so it is made sure that this cannot be seen.
import { AsyncResource } from 'node:async_hooks'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformedSource } from '../hooks/transform.js'
import type { Native, Platform } from '../native.js'
import type { BasePlan } from '../protocol.js'
import { isPackages, OwnGraph, type Order } from './own-graph.js'
import { VisibleState, type Change } from './visible-state.js'

export interface Split {
  /** For the next base; undefined: there is nothing to load in it. */
  plan: BasePlan | undefined
  /** Why this zygote may differ from one that was made without its base; '' if it does not. */
  obstacle: string
}

/** How a source, which can import nothing of ours, reaches us. */
const evaluatedSymbol = Symbol.for('instastart.evaluated')

const packagesSymbol = Symbol.for('instastart.packages')

type AsOwnWork = <Result>(step: () => Result) => Result

const moduleOf = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`

const nameOf = (url: string): string => url.replace(/^.*\/node_modules\//, '')

export class SplitProgram {
  readonly #graph = new OwnGraph()
  readonly #entry: string
  /** Of the base that this zygote is made from; without packages where there is to be none. */
  readonly #plan: BasePlan | undefined
  #state: VisibleState | undefined
  #order: Order | undefined
  /** Own modules that are not evaluated yet, in order. */
  readonly #pending = new Set<string>()
  /** The first own module that has changed what packages after it may look at. */
  #changing: { url: string; what: string } | undefined
  /** Of the base's packages, by their places: what each has changed that own modules before it must not see. */
  readonly #effects: (Change & { index: number })[] = []
  /** The first package that was not done when it was evaluated. */
  #unfinished: number | undefined
  readonly #native: Native
  readonly #platform: Platform

  constructor(entry: string, plan: BasePlan | undefined, { native, platform }: { native: Native; platform: Platform }) {
    this.#native = native
    this.#platform = platform
    this.#entry = pathToFileURL(entry).href
    this.#plan = plan
  }

  get hasBase(): boolean {
    return this.packages.length > 0
  }

  get packages(): readonly string[] {
    return this.#plan?.packages ?? []
  }

  get ownFiles(): readonly string[] {
    return this.#plan?.own ?? []
  }

  readonly resolved = (specifier: string, parentURL: string, url: string) => {
    const kind = this.#graph.resolved(specifier, parentURL, url)
    if (kind && url.startsWith('node:')) this.#state?.addLoadedBuiltins()
    // In the middle of a module's evaluation, and so perhaps before packages that the base has loaded before it.
    if (kind === 'dynamic' && isPackages(url) && this.#comesEarly(parentURL)) this.#changing ??= { url: parentURL, what: `import('${specifier}')` }
  }

  /** The text of an ES module as it is to be evaluated, unless there is a gate in it. */
  readonly loaded = (url: string, source: string): string => {
    const isOwn = this.#graph.loaded(url, source)
    if (!isOwn || !this.hasBase) return source
    return `${source}\n;globalThis.process[globalThis.Symbol.for(${JSON.stringify(Symbol.keyFor(evaluatedSymbol))})]?.(${JSON.stringify(url)});`
  }

  /**
   * In the base: the URL of a module that evaluates its packages in one go, as in a program, where nothing comes between two of them; and looks
   * after each of them what it has done.
   */
  moduleOfPackages(asOwnWork: AsOwnWork): string {
    const state = this.#state = asOwnWork(() => new VisibleState((code) => this.#platform.scriptOf(code)))
    let last = { jobs: 0, resources: 0 }
    const count = () => {
      const jobs = this.#platform.waitingJobs() ?? Number.NaN
      // Ticks, timers, what is waited for: each has a number of Node's (node:async_hooks), but streams of libuv's have one, too.
      return { jobs, resources: new AsyncResource('instastart').asyncId() - this.#native.handleCount() }
    }
    const recount = () => {
      last = count()
    }
    const begin = () => asOwnWork(recount)
    let done = -1
    const loaded = (index: number, exports: object) => asOwnWork(() => {
      const { jobs, resources } = count()
      done = index
      // Counting adds one of both.
      if (jobs !== last.jobs + 1 || resources !== last.resources + 1) this.#unfinished ??= index
      this.#effects.push(...[...state.changes(), ...state.addLoadedBuiltins()].map((change) => ({ ...change, index })))
      state.addPackage(nameOf(this.packages[index] ?? ''), exports)
      recount()
    })
    // Those that import a package that waits for something wait with it, and others do not.
    const passed = (index: number) => {
      if (done !== index) this.#unfinished ??= index
    }
    Object.defineProperty(process, packagesSymbol, { configurable: true, value: { begin, loaded, passed } })
    const call = `globalThis.process[globalThis.Symbol.for('${packagesSymbol.description}')]`
    const steps = this.packages.flatMap((url, i) => [`import * as exports from ${JSON.stringify(url)}\n${call}.loaded(${i}, exports)`, `${call}.passed(${i})`])
    return moduleOf([`${call}.begin()`, ...steps].map((step) => `import ${JSON.stringify(moduleOf(step))}`).join('\n'))
  }

  /** In the base, which has loaded its packages: what of them is done after own modules in a program, and not before; and a plan without that. */
  unfinished(): { what: string; plan: BasePlan } | undefined {
    Reflect.deleteProperty(process, packagesSymbol)
    if (this.#unfinished === undefined) return undefined
    const what = `what ${nameOf(this.packages[this.#unfinished] ?? '')} leaves to be done`
    return { what, plan: { packages: this.packages.slice(0, this.#unfinished), own: [...this.ownFiles] } }
  }

  /** In the base, which has loaded its packages: what can be done in advance for own modules. */
  prepare() {
    for (const file of this.ownFiles) {
      try {
        this.#graph.parse(transformedSource(file, 'module'))
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
    return (this.#ownOrder.before.get(url) ?? 0) < this.packages.length
  }

  #evaluated(url: string) {
    if (this.#changing || !this.#state || !this.#comesEarly(url)) return
    const replaced = this.#graph.mayReplace(url, this.#state.interfaces)
    if (replaced) {
      this.#changing = { url, what: replaced }
      return
    }
    const { before } = this.#ownOrder
    const [first = url] = this.#pending
    this.#pending.delete(url)
    const [next = ''] = this.#pending
    // Looking takes milliseconds: once is enough for all that come before the same package. Those that wait for something end out of order.
    if (url === first && before.has(url) && before.get(next) === before.get(url)) return
    const [change] = this.#state.changes()
    if (change) this.#changing = { url: before.has(url) ? first : url, what: change.what }
  }

  /** `gate`: the file in front of whose body the zygote parks. */
  at(gate: string): Split {
    const { packages, before } = this.#graph.order(this.#entry, pathToFileURL(gate).href)
    // Of a package's modules nobody knows here which were evaluated.
    if (!this.#plan && (packages.length === 0 || isPackages(pathToFileURL(gate).href))) return { plan: undefined, obstacle: '' }
    const planOf = (count: number) => ({ packages: packages.slice(0, count), own: this.#graph.files })
    if (!this.#plan) return { plan: planOf(packages.length), obstacle: '' }
    const { length } = this.packages
    if (this.packages.some((each, i) => each !== packages[i])) return { plan: planOf(packages.length), obstacle: 'base-outdated' }
    const first = Math.min(...before.values())
    const early = this.#effects.find(({ index, newGlobal }) => index >= first && (newGlobal === undefined || this.#graph.mayAskForGlobal(newGlobal)))
    if (early) return { plan: planOf(early.index), obstacle: `base-seen: ${early.what} by ${nameOf(this.packages[early.index] ?? '')}` }
    if (!this.#changing) return { plan: planOf(length), obstacle: '' }
    const { url, what } = this.#changing
    return { plan: planOf(before.get(url) ?? 0), obstacle: `base-seen: ${what} by ${fileURLToPath(url)}` }
  }
}
