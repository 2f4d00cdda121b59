// The ways out of a run. A fork must not reach the end of Node's own teardown: it joins threads that were never forked along.
import type { Native, Platform } from '../native.js'

/** process.exit(), uncaught exceptions: the platform part. A loop that runs dry: the addon's clean-up hook, which needs to know the code. */
export const takeOverExit = (native: Native, platform: Platform) => {
  platform.startRun(native.leaveFunction())
  noteNaturalExitCode(native)
}

/**
 * The exit code is decided when the last listener for 'exit' has returned (`process.exitCode` may be set in one), and Node keeps it to
 * itself. Emitting 'exit' is the one moment to learn it; a listener of our own would be seen by `process.listeners('exit')`.
 */
const noteNaturalExitCode = (native: Native) => {
  const { emit } = process
  const watched = function (this: NodeJS.Process, event: string, ...values: unknown[]) {
    const result: unknown = Reflect.apply(emit, this, [event, ...values])
    if (event === 'exit') native.setExitCode(Number(process.exitCode ?? values[0] ?? 0))
    return result
  }
  Object.defineProperty(process, 'emit', { value: watched, writable: true, enumerable: false, configurable: true })
}
