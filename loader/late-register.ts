// What register.ts does where there is no program, once there is a module (first-module.ts).
import { typeScriptLoader } from './client/other-loaders.js'
import type { Hooks } from './first-module.js'
import { stripOnce } from './hooks/strip-once.js'
import { synchronousHooks } from './hooks/synchronous.js'

const pass: Hooks['load'] = (request, context, next) => next(request, context)

const forTypeScript = (): Hooks => {
  stripOnce()
  return synchronousHooks as Hooks
}

export const hooks: Hooks = typeScriptLoader() ? { resolve: pass, load: pass } : forTypeScript()
