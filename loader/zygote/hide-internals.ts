// On Node 20 a zygote needs `--expose-internals` for its hooks. Programs must not see what that exposes.
import Module from 'node:module'

interface BuiltinModule {
  canBeRequiredByUsers: (this: void, id: string) => boolean
  canBeRequiredWithoutScheme: (this: void, id: string) => boolean
}

const isInternal = (id: unknown): boolean => typeof id === 'string' && id.startsWith('internal/')

/** To be called after everything of ours that needs internals has loaded them. */
export const hideInternals = () => {
  // The class itself is not exposed, but one of its instances is.
  const { loadBuiltinModule } = require('internal/modules/helpers') as { loadBuiltinModule: (id: string) => { constructor: unknown } }
  const BuiltinModule = loadBuiltinModule('fs').constructor as BuiltinModule
  for (const name of ['canBeRequiredByUsers', 'canBeRequiredWithoutScheme'] as const) {
    // Every question of Node's own about a name goes through these two (lib/internal/bootstrap/realm.js).
    const original = BuiltinModule[name].bind(BuiltinModule)
    BuiltinModule[name] = (id) => !isInternal(id) && original(id)
  }
  const names = Object.freeze(Module.builtinModules.filter((id) => !isInternal(id)))
  Object.assign(Module, { builtinModules: names })
}
