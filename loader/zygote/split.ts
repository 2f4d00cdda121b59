// Where a program is split: packages in its base (native/addon/base.h), its own modules in each zygote that is made from it. Only there does the
// order of evaluation change, packages before own modules; so it is made sure that this cannot be seen.
import fs from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformedSource } from '../hooks/transform.js'
import type { BasePlan } from '../protocol.js'
import { isPackages, OwnGraph, type Order } from './own-graph.js'
import { VisibleState } from './visible-state.js'

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

const nameOf = (url: string): string => url.replace(/^.*\/node_modules\//, '')

export class SplitProgram {
  readonly #graph = new OwnGraph()
  readonly #entry: string
  /** Of the base that this zygote is made from; without packages where there is to be none. */
  readonly #plan: BasePlan | undefined
  #state: VisibleState | undefined
  #order: Order | undefined
  /** The first own module that has changed what packages after it may look at. */
  #changing: { url: string; what: string } | undefined

  constructor(entry: string, plan: BasePlan | undefined) {
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
    if (kind && url.startsWith('node:')) this.#state?.addBuiltin(url)
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
   * In the base: the URL of a module that evaluates its packages in one go, as in a program, where nothing comes between two of them; and then looks
   * at what they have made.
   */
  moduleOfPackages(asOwnWork: AsOwnWork): string {
    const names = this.packages.map(nameOf)
    const loaded = (...exports: object[]) => {
      Reflect.deleteProperty(process, packagesSymbol)
      this.#state = asOwnWork(() => new VisibleState(new Map(names.map((name, i) => [name, exports[i] ?? {}]))))
    }
    Object.defineProperty(process, packagesSymbol, { configurable: true, value: loaded })
    const imports = this.packages.map((url, i) => `import * as p${i} from ${JSON.stringify(url)}`)
    const call = `globalThis.process[globalThis.Symbol.for('${packagesSymbol.description}')](${names.map((_, i) => `p${i}`).join()})`
    return `data:text/javascript,${encodeURIComponent([...imports, call].join('\n'))}`
  }

  /** In the base: what its packages have changed since then, which own modules must not see; and a plan without them. */
  changedByJobs(): { what: string; plan: BasePlan } | undefined {
    const what = this.#state?.change()
    if (!what) return undefined
    const first = this.packages.findIndex((url) => what.startsWith(nameOf(url)))
    return { what, plan: { packages: this.packages.slice(0, Math.max(first, 0)), own: [...this.ownFiles] } }
  }

  /** In the base, which has loaded its packages: what can be done in advance for own modules. */
  prepare() {
    for (const file of this.ownFiles) {
      if (fs.existsSync(file)) this.#graph.parse(transformedSource(file, 'module'))
    }
  }

  /** In a zygote that was just made from the base. Returns what ends the watch. */
  watch(asOwnWork: AsOwnWork): () => void {
    // What it is to begin with: its pid, for one, is another one than the base's.
    asOwnWork(() => this.#state?.change())
    const evaluated = (url: string) => asOwnWork(() => this.#evaluated(url))
    Object.defineProperty(process, evaluatedSymbol, { configurable: true, value: evaluated })
    return () => Reflect.deleteProperty(process, evaluatedSymbol)
  }

  /** Whether packages of the base would come after this module: up to here nothing else but own modules has been evaluated. */
  #comesEarly(url: string): boolean {
    // Node has resolved all static imports before it evaluates the first module.
    this.#order ??= this.#graph.order(this.#entry, this.#entry)
    return (this.#order.before.get(url) ?? 0) < this.packages.length
  }

  #evaluated(url: string) {
    if (this.#changing || !this.#comesEarly(url)) return
    const what = this.#state?.change()
    if (what) this.#changing = { url, what }
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
    if (!this.#changing) return { plan: planOf(length), obstacle: '' }
    const { url, what } = this.#changing
    return { plan: planOf(before.get(url) ?? 0), obstacle: `base-seen: ${what} by ${fileURLToPath(url)}` }
  }
}
