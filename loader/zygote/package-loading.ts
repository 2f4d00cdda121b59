// How a base loads its packages: in one go, as in a program where nothing comes between two of them; and what each of them has done is looked at.
import { AsyncResource } from 'node:async_hooks'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Native, Platform } from '../native.js'
import type { BasePackage } from '../protocol.js'
import { StandIns } from './stand-ins.js'
import type { Change, VisibleState } from './visible-state.js'

/** How a source, which can import nothing of ours, reaches us. */
const packagesSymbol = Symbol.for('instastart.packages')

export type AsOwnWork = <Result>(step: () => Result) => Result

const moduleOf = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`

export const nameOf = (each: BasePackage | undefined): string => each?.url.replace(/^.*\/node_modules\//, '') ?? ''

const isRequired = (each: BasePackage | undefined): each is Required<BasePackage> => each?.requiredBy !== undefined

export class PackageLoading {
  readonly standIns: StandIns
  /** What each package, by its place, has changed that own modules before it must not see. */
  readonly effects: (Change & { index: number })[] = []
  readonly #packages: readonly BasePackage[]
  readonly #native: Native
  readonly #platform: Platform
  /** The package that is evaluated just now. */
  #current: number | undefined
  /** The first package that cannot be in a base: that is done later than it is evaluated, or needs own modules. */
  #unfit: { index: number; what: string } | undefined

  constructor(entry: string, packages: readonly BasePackage[], { native, platform }: { native: Native; platform: Platform }) {
    this.#packages = packages
    this.#native = native
    this.#platform = platform
    this.standIns = new StandIns(entry, (what) => {
      if (this.#current !== undefined) this.#unfit ??= { index: this.#current, what: `${what} by ${this.#name(this.#current)}` }
    })
  }

  get isGoingOn(): boolean {
    return this.#current !== undefined
  }

  /** The URL of a module that does it. */
  begin(state: VisibleState, asOwnWork: AsOwnWork): string {
    let last = { jobs: 0, resources: 0 }
    const count = () => {
      const jobs = this.#platform.waitingJobs() ?? Number.NaN
      // Ticks, timers, what is waited for: each has a number of Node's (node:async_hooks), but streams of libuv's have one, too.
      return { jobs, resources: new AsyncResource('instastart').asyncId() - this.#native.handleCount() }
    }
    const recount = () => {
      last = count()
    }
    const begin = () => {
      this.#current = 0
      if (isRequired(this.#packages[0])) this.standIns.begin()
      asOwnWork(recount)
    }
    const isUnfinished = (index: number) => {
      this.#unfit ??= { index, what: `what ${this.#name(index)} leaves to be done` }
    }
    let done = -1
    const loaded = (index: number, exports: object) => asOwnWork(() => {
      const { jobs, resources } = count()
      done = index
      // Counting adds one of both.
      if (jobs !== last.jobs + 1 || resources !== last.resources + 1) isUnfinished(index)
      const changed = this.standIns.changed()
      if (changed !== undefined) this.#unfit ??= { index, what: `${changed} by ${this.#name(index)}` }
      this.effects.push(...[...state.changes(), ...state.addLoadedBuiltins()].map((change) => ({ ...change, index })))
      state.addPackage(this.#name(index), exports)
      this.#current = index + 1
      recount()
    })
    // Those that import a package that waits for something wait with it, and others do not.
    const passed = (index: number) => {
      if (done !== index) isUnfinished(index)
    }
    // By a name that no own module has for it: Node remembers what was found by which.
    const required = (file: string, parent: string): unknown => this.standIns.of(parent).require(`${path.dirname(file)}/./${path.basename(file)}`)
    Object.defineProperty(process, packagesSymbol, { configurable: true, value: { begin, loaded, passed, required } })
    const call = `globalThis.process[globalThis.Symbol.for('${packagesSymbol.description}')]`
    const load = (each: BasePackage, index: number) => isRequired(each)
      ? `${call}.loaded(${index}, { default: ${call}.required(${JSON.stringify(fileURLToPath(each.url))}, ${JSON.stringify(each.requiredBy)}) })`
      : `import * as exports from ${JSON.stringify(each.url)}\n${call}.loaded(${index}, exports)`
    const steps = this.#packages.flatMap((each, index) => [load(each, index), `${call}.passed(${index})`])
    return moduleOf([`${call}.begin()`, ...steps].map((step) => `import ${JSON.stringify(moduleOf(step))}`).join('\n'))
  }

  /** Returns the first package that must not be in a base, and why. */
  end(): { index: number; what: string } | undefined {
    Reflect.deleteProperty(process, packagesSymbol)
    if (isRequired(this.#packages[0])) this.standIns.end()
    this.#current = undefined
    return this.#unfit
  }

  #name(index: number): string {
    return nameOf(this.#packages[index])
  }
}
