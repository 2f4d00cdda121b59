// TypeScript for Node: picks the way that the running version has, and leaves all that costs time to the first file that needs it.
import { nodeCapabilities } from '../node-capabilities.js'
import { active } from './watcher.js'
import type { HookOptions } from './watcher.js'

export type { HookOptions, LoadWatcher } from './watcher.js'

let isInstalled = false

export function installHooks(options: HookOptions = {}): void {
  if (isInstalled) return
  isInstalled = true
  Object.assign(active, options)
  if (nodeCapabilities.registerHooks) (require('./synchronous.js') as typeof import('./synchronous.js')).installSynchronousHooks()
  else if (options.inZygote) (require('./in-thread.js') as typeof import('./in-thread.js')).installInThreadHooks()
  else (require('./register-thread.js') as typeof import('./register-thread.js')).registerHooksThread()
  if (nodeCapabilities.hooksServeCommonJS) (require('./strip-once.js') as typeof import('./strip-once.js')).stripOnce()
  else (require('./commonjs.js') as typeof import('./commonjs.js')).patchCommonJS()
}
