// A process that was started without a program (-e, -p, stdin, the REPL, a runner of tests): all that can be done for it is to load what it may
// import or require, so nothing of ours is loaded before that.
import * as nodeModule from 'node:module'
import { isMainThread } from './main-thread.js'
import { nodeCapabilities } from './node-capabilities.js'

type Next = (request: string, context: unknown) => unknown
type Hook = (request: string, context: unknown, next: Next) => unknown

export interface Hooks {
  resolve: Hook
  load: Hook
}

/** Only where hooks reach all that there is; and where there is nothing to be said or taken away at once (INSTASTART_DEBUG, the client's note). */
export const canWait = (): boolean =>
  nodeCapabilities.hooksServeCommonJS && isMainThread && process.argv[1] === undefined && !('INSTASTART_DEBUG' in process.env || 'INSTASTART_PLAIN' in process.env)

/** @param load called once, for the first module; what it loads itself passes */
export const waitForFirstModule = (load: () => Hooks) => {
  let hooks: Hooks | undefined
  let isLoading = false
  const step = (name: keyof Hooks): Hook => (request, context, next) => {
    if (!hooks && !isLoading) {
      isLoading = true
      hooks = load()
    }
    return hooks ? hooks[name](request, context, next) : next(request, context)
  }
  const hooksOfFirst: Hooks = { resolve: step('resolve'), load: step('load') };
  (nodeModule as unknown as { registerHooks: (hooks: Hooks) => void }).registerHooks(hooksOfFirst)
}
