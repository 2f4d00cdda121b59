// The gate of a CommonJS entry: the process parks as the last of its leading requires returns, or before the entry is loaded if it
// has none. Nothing is edited for it.
import Module from 'node:module'
import { transformedSource } from '../hooks/transform.js'
import { leadingRequires } from './leading-requires.js'
import type { Parking } from './parking.js'
import { staticImports } from './static-imports.js'

type Load = (this: unknown, request: string, parent: NodeModule | null | undefined, isMain: boolean) => unknown
const internals = Module as unknown as { _load: Load; _cache: Record<string, NodeModule | undefined> }

export const commonjsGate = (entry: string, parking: Parking) => {
  const original = internals._load
  let left: number | undefined

  // By the module object: the same file may be asked for by many names.
  const isFromEntry = (parent: NodeModule | null | undefined): boolean => parent != null && parent === internals._cache[entry] && !parent.loaded

  const prepare = () => {
    const source = transformedSource(entry, 'commonjs')
    left = leadingRequires(source)
    if (left === 0) parking.park()
    // With import declarations Node will find that it is an ES module after all, whose gate is another one's business.
    if (left === undefined && staticImports(source) === undefined) parking.giveUp('entry-not-understood')
  }

  const load: Load = function (request, parent, isMain) {
    if (left === undefined && (isMain || request === entry)) prepare()
    const isLeading = left !== undefined && left > 0 && isFromEntry(parent)
    const result: unknown = Reflect.apply(original, this, [request, parent, isMain])
    if (isLeading && left !== undefined && --left === 0) parking.park()
    return result
  }
  internals._load = load
  parking.whenOver(() => {
    if (internals._load === load) internals._load = original
  })
}
