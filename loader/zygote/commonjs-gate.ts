// The gate of a CommonJS entry: the process parks as the last of its leading requires returns, or before the entry is evaluated if it
// has none. Nothing is edited for it, and nothing of ours is on the stack as the entry goes on: stacks are for users.
import Module from 'node:module'
import { transformedSource } from '../hooks/transform.js'
import { leadingRequires } from './leading-requires.js'
import type { Parking } from './parking.js'
import { staticImports } from './static-imports.js'

type Load = (this: unknown, request: string, parent: NodeModule | null | undefined, isMain: boolean) => unknown
const internals = Module as unknown as { _load: Load; _cache: Record<string, NodeModule | undefined> }

/** Undefined for an ES module, whose gate is another one's business. */
const countLeading = (entry: string, parking: Parking): number | undefined => {
  const source = transformedSource(entry, 'commonjs')
  const count = leadingRequires(source)
  if (count === undefined && staticImports(source) === undefined) parking.giveUp('entry-not-understood')
  return count
}

/** Parks when `module` has required `count` modules. */
const parkAfter = (module: NodeModule | undefined, count: number, parking: Parking) => {
  const original = internals._load
  let left = count
  const load: Load = function (request, parent, isMain) {
    const isLeading = parent != null && parent === module
    const result: unknown = Reflect.apply(original, this, [request, parent, isMain])
    if (isLeading && --left === 0) parking.park()
    return result
  }
  internals._load = load
  parking.whenOver(() => {
    if (internals._load === load) internals._load = original
  })
}

export const commonjsGate = (entry: string, parking: Parking) => {
  // Node puts a module into its cache just before it evaluates it: the moment to look at the entry, and the module to watch.
  Object.defineProperty(internals._cache, entry, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set: (module: NodeModule | undefined) => {
      Object.defineProperty(internals._cache, entry, { value: module, configurable: true, enumerable: true, writable: true })
      const count = countLeading(entry, parking)
      if (count === 0) parking.park()
      else if (count !== undefined) parkAfter(module, count, parking)
    },
  })
}
