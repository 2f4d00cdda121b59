// `instastart/auto`: warm runs for a program that imports this first, without --import; and where its gate is, if the program says so.
// auto.mts is the same for ES modules.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startProgram } from './client/start.js'
import { InstastartError } from './errors.js'
import { isMainThread } from './main-thread.js'
import { isZygote } from './protocol.js'
import { whenIdle } from './run/when-idle.js'
import { warmth } from './warmth.js'

warmth.isAutoLoaded = true
// Does not come back if there is a run to be had: then this process becomes its client.
if (isMainThread && !warmth.hasAsked && !isZygote()) startProgram('auto')

/** Whether this process is a warm run. Changes where the fork is: at start(), or after the imports. */
export let isWarm: boolean = warmth.isWarm

/** Why this run is plain, by a stable word and perhaps a detail ("absent", "stale: /a/b.js"); undefined in a warm run. */
export let reason: string | undefined = warmth.reason

/** Has `callback` called in every warm run, as it starts: for state that runs must not share, such as an open connection. */
export const afterFork = (callback: () => void): void => {
  warmth.forked.push(callback)
}

afterFork(() => {
  isWarm = true
  reason = undefined
})

/**
 * The end of the initialization. What comes before has been done once, in the background, when a run is warm; what comes after is done in
 * every run. Call it in the synchronous top level of the entry.
 *
 * `start()` marks just that. `await start()` also waits until nothing is in flight: no timer, no request, no open handle.
 */
export const start = (): PromiseLike<void> => {
  const reached = warmth.gate?.start()
  // Not a promise: without `await` nothing is waited for.
  return { then: (resolve, reject) => (reached ?? whenIdle()).then(resolve, reject) }
}

/** Streams of files and terminals write at once, so they need not be made for the question. */
const isBuffered = (fd: number): boolean => {
  try {
    const kind = fs.fstatSync(fd)
    return kind.isSocket() || kind.isFIFO()
  } catch {
    return false // Closed by the program.
  }
}

/** Output that a socket or pipe has not taken yet. */
const pendingOutput = (): NodeJS.WriteStream[] =>
  ([[1, 'stdout'], [2, 'stderr']] as const).flatMap(([fd, name]) => (isBuffered(fd) && process[name].writableLength > 0 ? [process[name]] : []))

/**
 * Ends the program as process.exit() does, listeners for 'exit' included, once its output has been written.
 * @param code exit status; process.exitCode if there is none
 */
export const done = (code?: number | string): void => {
  const pending = pendingOutput()
  let left = pending.length
  // An undefined argument would take the place of process.exitCode.
  const exit = () => (code === undefined ? process.exit() : process.exit(code))
  if (left === 0) exit()
  for (const stream of pending) stream.write('', () => --left === 0 && exit())
}

/** start(), then `main`, then done(). An error of `main` is the program's own. */
export const serve = async (main: () => unknown): Promise<void> => {
  start()
  await main()
  done()
}

/**
 * For the bin file of a command-line tool: runs the program in `module`, from a warm process if there is one. The first time it is imported
 * here and now.
 * @param module `new URL('./cli.js', import.meta.url)`, or an absolute path
 * @throws {InstastartError} INSTASTART_LAUNCH if it is neither
 */
export const launch = async (module: string | URL): Promise<void> => {
  const text = String(module)
  if (!path.isAbsolute(text) && !text.startsWith('file:')) {
    throw new InstastartError('INSTASTART_LAUNCH',
      `launch() takes a file: URL or an absolute path, not '${text}'.\nWrite launch(new URL('./cli.js', import.meta.url)).`)
  }
  const url = path.isAbsolute(text) ? pathToFileURL(text).href : text
  warmth.gate?.launch(fs.realpathSync(fileURLToPath(url)))
  const { importModule } = require('./import-module.js') as typeof import('./import-module.js')
  await importModule(url)
}
