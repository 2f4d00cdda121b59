// The ways out of a run. A fork must not reach the end of Node's own teardown: it joins threads that were never forked along.
import type { Native, Platform } from '../native.js'

/**
 * process.exit() and uncaught exceptions end in the platform part. A loop that runs dry ends in the addon's clean-up hook, which needs to
 * know the code. It is decided when the last listener for 'exit' has returned, and Node keeps it to itself: emitting 'exit' is the one
 * moment to learn it. A listener of our own would be seen by `process.listeners('exit')`.
 */
export const takeOverExit = (native: Native, platform: Platform) => {
  platform.startRun(native.leaveFunction())
  Object.defineProperty(process, 'emit', { value: native.watchExit(Reflect.get(process, 'emit')), writable: true, enumerable: false, configurable: true })
}
