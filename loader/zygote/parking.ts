// The end of a zygote's JavaScript: it parks at the gate and goes on in every run, or gives up and says why.
import { inspect } from 'node:util'
import type { Native, Platform } from '../native.js'
import type { Manifest } from '../protocol.js'
import { startRun } from '../run/start.js'
import type { Settings } from '../settings.js'
import { warmth } from '../warmth.js'
import type { GraphFiles } from './graph-files.js'
import { idleMilliseconds } from './idle.js'
import { claimedManifest } from './claimed-manifest.js'
import { ThreadCount } from './thread-count.js'
import type { WatchedArguments } from './watched-arguments.js'
import type { WatchedStdio } from './watched-stdio.js'

interface ParkingOptions {
  native: Native
  platform: Platform
  entry: string
  files: GraphFiles
  watchedArguments: WatchedArguments
  watchedStdio: WatchedStdio
  settings: Settings
  /** The program is warm by instastart/auto only: what it does before it imports that, its clients have done themselves. */
  isByAuto: boolean
}

const firstLine = (error: unknown): string => inspect(error).split('\n', 1)[0] ?? ''

export class Parking {
  readonly #options: ParkingOptions
  readonly #manifest: Manifest = claimedManifest()
  readonly #threads = new ThreadCount()
  readonly #cleanups: (() => void)[] = []
  #lastError: unknown
  #isOver = false

  constructor(options: ParkingOptions) {
    this.#options = options
    const noteError = (error: unknown) => {
      this.#lastError = error
    }
    const noteExit = (code: number) => {
      this.giveUp(this.#lastError === undefined ? `exited-before-gate: ${code}` : `failed: ${firstLine(this.#lastError)}`)
    }
    process.on('uncaughtExceptionMonitor', noteError)
    process.on('exit', noteExit)
    this.whenOver(() => {
      process.off('uncaughtExceptionMonitor', noteError)
      process.off('exit', noteExit)
    })
  }

  /** In runs, and from the moment on at which nothing can be given up any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs just before the zygote parks: for what a run must not find. */
  whenOver(cleanup: () => void) {
    this.#cleanups.push(cleanup)
  }

  /** Does not return in the zygote. Returns in every run, repaired. */
  park() {
    if (this.#isOver) return
    if (this.#options.isByAuto && !warmth.isAutoLoaded) this.giveUp('auto-after-gate')
    const { native, platform, files, watchedArguments, watchedStdio, settings } = this.#options
    files.consultRequired()
    this.#assertNoneExcluded()
    platform.collectGarbage()
    platform.quiesce()
    const obstacle = this.#threads.obstacle() || native.obstacle()
    if (obstacle) this.giveUp(obstacle)
    this.#release()
    const streams = watchedStdio.rebinds()
    const fork = native.park({
      manifest: this.#manifestText({ state: 'parked', failures: 0 }),
      idleMs: idleMilliseconds(process.env.INSTASTART_IDLE, settings.idle),
      argumentPositions: watchedArguments.positions(),
      wholeArguments: watchedArguments.whole(),
      rebinds: streams,
      quiesce: platform.quiesceFunction(),
    })
    // Everything below runs in a fork of this process.
    if (!fork) this.giveUp('could-not-park')
    else startRun(native, platform, fork, streams.map(([standard]) => standard))
  }

  /** Ends this process. */
  giveUp(reason: string): never {
    const { native, files } = this.#options
    if (!this.#isOver) this.#release()
    const failures = (this.#manifest.failures ?? 0) + 1
    return native.abandon(this.#manifestText({ state: 'given-up', reason, failures, failedAt: Date.now(), files: files.identities() }))
  }

  #assertNoneExcluded() {
    for (const { name, covers } of this.#options.settings.exclude) {
      if (this.#options.files.some(covers)) this.giveUp(`excluded: ${name}`)
    }
  }

  #release() {
    this.#isOver = true
    this.#options.watchedArguments.release()
    this.#options.watchedStdio.release()
    for (const cleanup of this.#cleanups) cleanup()
  }

  #manifestText(changes: Partial<Manifest>): string {
    return JSON.stringify({ ...this.#manifest, ...changes })
  }
}
