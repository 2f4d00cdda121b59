// The gate of a CommonJS entry: the process parks as the last of its leading requires returns, or before the entry is evaluated if it
// has none. Nothing is edited for it, and nothing of ours is on the stack as the entry goes on: stacks are for users.
import Module from 'node:module'
import { transformedSource } from '../hooks/transform.js'
import { leadingRequires } from './leading-requires.js'
import type { Parking } from './parking.js'
import { staticImports } from './static-imports.js'

const { _cache: cache } = Module as unknown as { _cache: Record<string, NodeModule | undefined> }

/** Undefined for an ES module, whose gate is another one's business. */
const countLeading = (entry: string, parking: Parking): number | undefined => {
  const source = transformedSource(entry, 'commonjs')
  const count = leadingRequires(source)
  if (count === undefined && staticImports(source) === undefined) parking.giveUp('entry-not-understood')
  return count
}

/** Parks when `module` has required `count` modules. Node's `require` functions call the method of their module. */
const parkAfter = (module: NodeModule, count: number, parking: Parking) => {
  let left = count
  const watched = (id: string): unknown => {
    const result: unknown = Module.prototype.require.call(module, id)
    if (--left === 0) parking.park()
    return result
  }
  Object.defineProperty(module, 'require', { value: watched, configurable: true, enumerable: false, writable: true })
  parking.whenOver(() => Reflect.deleteProperty(module, 'require'))
}

export const commonjsGate = (entry: string, parking: Parking) => {
  // Node puts a module into its cache just before it evaluates it: the moment to look at the entry, and the module to watch.
  Object.defineProperty(cache, entry, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set: (module: NodeModule) => {
      Object.defineProperty(cache, entry, { value: module, configurable: true, enumerable: true, writable: true })
      const count = countLeading(entry, parking)
      if (count === 0) parking.park()
      else if (count !== undefined) parkAfter(module, count, parking)
    },
  })
}
