// What register.ts does where there is no program, once there is a module (first-module.ts).
import { nodeOptions } from './client/eligibility.js'
import { typeScriptLoaderIn } from './client/other-loaders.js'
import type { Hooks } from './first-module.js'
import { installHooks } from './hooks/install.js'
import { synchronousHooks } from './hooks/synchronous.js'

const pass: Hooks['load'] = (request, context, next) => next(request, context)

const install = (): Hooks => {
  installHooks({ areRegistered: true })
  return synchronousHooks as Hooks
}

export const hooks: Hooks = typeScriptLoaderIn([...process.execArgv, ...nodeOptions()]) ? { resolve: pass, load: pass } : install()
