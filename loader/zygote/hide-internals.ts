// On Node 20 a zygote needs `--expose-internals` for its hooks. Programs must not see what that exposes.
import Module from 'node:module'

const isInternal = (id: unknown): boolean => typeof id === 'string' && id.startsWith('internal/')

/** To be called after everything of ours that needs internals has loaded them. */
export const hideInternals = () => {
  // The class itself is not exposed, but one of its instances is.
  const { loadBuiltinModule } = require('internal/modules/helpers') as { loadBuiltinModule: (id: string) => object }
  const BuiltinModule = loadBuiltinModule('fs').constructor
  // Every question of Node's own about a name goes through these two (lib/internal/bootstrap/realm.js).
  for (const name of ['canBeRequiredByUsers', 'canBeRequiredWithoutScheme']) {
    const original = Reflect.get(BuiltinModule, name) as (id: unknown) => boolean
    Reflect.set(BuiltinModule, name, (id: unknown) => !isInternal(id) && original(id))
  }
  const names = Object.freeze(Module.builtinModules.filter((id) => !isInternal(id)))
  Object.assign(Module, { builtinModules: names })
}
