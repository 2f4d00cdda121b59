// The gate of a CommonJS entry: the process parks as the last of its leading requires returns, or before the entry is evaluated if it
// has none. Nothing is edited for it, and nothing of ours is on the stack as the entry goes on: stacks are for users.
import Module from 'node:module'
import { transformedSource } from '../hooks/transform.js'
import type { ExplicitGate } from './explicit-gate.js'
import { leadingRequires } from './leading-requires.js'
import type { Parking } from './parking.js'
import { requireCache } from './require-cache.js'
import { staticImports } from './static-imports.js'

/** Node puts a module into its cache just before it evaluates it, or links it: the moment to look at it, and to park before it. */
const whenCached = (file: string, parking: Parking, callback: (module: NodeModule) => void) => {
  // Being looked at already, or known to Node.
  if (Object.hasOwn(requireCache, file)) return
  const forget = () => {
    if (Object.getOwnPropertyDescriptor(requireCache, file)?.set) Reflect.deleteProperty(requireCache, file)
  }
  parking.whenOver(forget)
  Object.defineProperty(requireCache, file, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set: (module: NodeModule) => {
      Object.defineProperty(requireCache, file, { value: module, configurable: true, enumerable: true, writable: true })
      callback(module)
    },
  })
}

/** Undefined for an ES module, whose gate is another one's business. */
const countLeading = (entry: string, source: string, parking: Parking): number | undefined => {
  const count = leadingRequires(source)?.length
  if (count === undefined && staticImports(source) === undefined) parking.giveUp(`not-understood: ${entry}`)
  return count
}

/** The gate may be where `module` has required `count` modules. Node's `require` functions call the method of their module. */
const reachAfter = (module: NodeModule, count: number, parking: Parking) => {
  let left = count
  const forget = () => {
    if (Object.getOwnPropertyDescriptor(module, 'require')?.value === watched) Reflect.deleteProperty(module, 'require')
  }
  const watched = (id: string): unknown => {
    const result: unknown = Module.prototype.require.call(module, id)
    if (--left === 0) {
      forget()
      parking.later.reach()
    }
    return result
  }
  Object.defineProperty(module, 'require', { value: watched, configurable: true, enumerable: false, writable: true })
  parking.whenOver(forget)
}

/** Node marks a module as loaded when it has been evaluated. */
const whenLoaded = (module: NodeModule, parking: Parking, callback: () => void) => {
  parking.whenOver(() => {
    if (Object.getOwnPropertyDescriptor(module, 'loaded')?.set) Object.defineProperty(module, 'loaded', { value: false, configurable: true, enumerable: true, writable: true })
  })
  Object.defineProperty(module, 'loaded', {
    configurable: true,
    enumerable: true,
    get: () => false,
    set: (value: boolean) => {
      Object.defineProperty(module, 'loaded', { value, configurable: true, enumerable: true, writable: true })
      callback()
    },
  })
}

/** Of a module that a program requires as it goes on. */
export const watchLoading = (file: string, parking: Parking) => {
  whenCached(file, parking, (module) => whenLoaded(module, parking, () => parking.later.hasLoaded()))
}

export const commonjsGate = (entry: string, explicit: ExplicitGate, parking: Parking) => {
  whenCached(entry, parking, (module) => {
    parking.hearQuestions()
    const source = transformedSource(entry)
    if (explicit.isIn(entry, source)) {
      whenLoaded(module, parking, () => explicit.assertReached(entry))
      return
    }
    const count = countLeading(entry, source, parking)
    if (count === undefined) return
    whenLoaded(module, parking, () => parking.later.end())
    if (count === 0) parking.later.reach()
    else reachAfter(module, count, parking)
  })
}

/** One that ES modules import is cached as these are linked (Node's lib/internal/modules/esm/translators.js), long before it is evaluated. */
const isOnlyLinked = (module: NodeModule): boolean =>
  Object.getOwnPropertySymbols(module).some((symbol) => symbol.description === 'kIsCachedByESMLoader' && Boolean(Reflect.get(module, symbol)))

/** The last that Node does before it calls a module's function is to look for what to call it with. */
const whenEvaluated = (module: NodeModule, parking: Parking, callback: () => void) => {
  const exports: unknown = module.exports
  const restore = (value: unknown) => Object.defineProperty(module, 'exports', { value, configurable: true, enumerable: true, writable: true })
  const forget = () => {
    if (Object.getOwnPropertyDescriptor(module, 'exports')?.get) restore(exports)
  }
  parking.whenOver(forget)
  Object.defineProperty(module, 'exports', {
    configurable: true,
    enumerable: true,
    get: () => {
      restore(exports)
      callback()
      return exports
    },
    set: restore,
  })
}

/** Parks before this file is evaluated, if it is CommonJS. */
export const parkBefore = (file: string, parking: Parking) => {
  whenCached(file, parking, (module) => {
    if (isOnlyLinked(module)) whenEvaluated(module, parking, () => parking.later.reach(file))
    else parking.later.reach(file)
  })
}
