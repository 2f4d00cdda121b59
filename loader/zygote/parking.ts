// The end of a zygote's JavaScript: it parks at the gate and goes on in every run, or gives up and says why.
import { inspect } from 'node:util'
import type { Native, Platform } from '../native.js'
import { identityOf, type Manifest, type MovedGate } from '../protocol.js'
import { define } from '../run/identity.js'
import { startRun } from '../run/start.js'
import { leastSavingMs, type Settings } from '../settings.js'
import { warmth } from '../warmth.js'
import { claimedManifest } from './claimed-manifest.js'
import type { GraphFiles } from './graph-files.js'
import { idleMilliseconds } from './idle.js'
import { moduleUnderEvaluation, scriptsOnStack } from './module-under-evaluation.js'
import { SplitProgram, type Split } from './split.js'
import { ThreadCount } from './thread-count.js'
import type { WatchedArguments } from './watched-arguments.js'
import type { WatchedStdio } from './watched-stdio.js'

interface ParkingOptions {
  native: Native
  platform: Platform
  entry: string
  /** Descriptor of the manifest. */
  manifest: number
  files: GraphFiles
  watchedArguments: WatchedArguments
  watchedStdio: WatchedStdio
  settings: Settings
  /** The program is warm by instastart/auto only: what it does before it imports that, its clients have done themselves. */
  isByAuto: boolean
}

export type Load = (url: string) => Promise<unknown>

/** Acts that have a reason of their own. */
const acts: Record<string, string> = { 'to draw random bytes': 'randomness-before-gate', 'to print': 'output-before-gate' }

/** Where the settings want no base. */
const none: Split = { plan: undefined, obstacle: '' }

const firstLine = (error: unknown): string => inspect(error).split('\n', 1)[0] ?? ''

export class Parking {
  readonly split: SplitProgram
  readonly #options: ParkingOptions
  #manifest: Manifest
  readonly #threads = new ThreadCount()
  readonly #drawsBefore: number
  readonly #cleanups: (() => void)[] = []
  #began = performance.now()
  #ownFolder = ''
  #isLoadingBase = false
  #isFromBase = false
  #lastError: unknown
  #isOver = false
  #isHearing = false

  constructor(options: ParkingOptions) {
    this.#options = options
    this.#manifest = claimedManifest(options.manifest)
    this.#drawsBefore = options.native.randomDraws()
    this.split = new SplitProgram(options.entry, options.settings.base ? this.#manifest.base : undefined)
    const noteError = (error: unknown) => {
      this.#lastError = error
    }
    const noteExit = (code: number) => {
      if (this.#lastError === undefined) this.giveUp(`exited-before-gate: ${code}`)
      // Node would print it after this listener.
      else this.giveUp(`failed: ${firstLine(this.#lastError)}`, `${inspect(this.#lastError)}\n`)
    }
    process.on('uncaughtExceptionMonitor', noteError)
    process.on('exit', noteExit)
    this.whenOver(() => {
      process.off('uncaughtExceptionMonitor', noteError)
      process.off('exit', noteExit)
    })
  }

  /** Modules that the zygotes before this one could not evaluate. */
  get movedGates(): MovedGate[] {
    return this.#manifest.gates ?? []
  }

  /** In runs, and from the moment on at which nothing can be given up any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs just before the zygote parks: for what a run must not find. */
  whenOver(cleanup: () => void) {
    this.#cleanups.push(cleanup)
  }

  /**
   * This process is to be the program's base: loads its packages, and parks. Goes on in each zygote that is made from it; or in this process, if
   * that is not worth another.
   * `load`: import(), of where a module can.
   */
  async becomeBase(load: Load, asOwnWork: <Result>(step: () => Result) => Result) {
    this.hearQuestions()
    this.#isLoadingBase = true
    try {
      for (const url of this.split.packages) await load(url)
    } catch (error) {
      // Alone, or without the program's own modules before it.
      this.#giveUpBase(`base-failed: ${firstLine(error)}`)
    }
    this.#isLoadingBase = false
    const { native, platform, files, settings, entry } = this.#options
    asOwnWork(() => {
      this.split.prepare()
      // With what decides on its format: Node knows that by now, and would not look again.
      files.consulted(entry)
    })
    const tookMs = performance.now() - this.#began
    if (tookMs < leastSavingMs()) return this.whenOver(this.split.watch(asOwnWork))
    const obstacle = this.#prepareToPark()
    if (obstacle) this.#giveUpBase(obstacle)
    files.forget(entry)
    this.#rename('zygote', 'base')
    platform.quiesce()
    const made = native.parkAsBase(idleMilliseconds(process.env.INSTASTART_IDLE, settings.idle), entry)
    // Everything below is done in a fork of this process, which is a zygote like any other.
    if (!made) return this.#giveUpBase('could-not-park')
    this.#isFromBase = true
    define('pid', made.pid)
    this.#rename('base', 'zygote')
    platform.wake()
    this.#manifest = claimedManifest(made.manifest)
    this.#began = performance.now() - tookMs
    this.heedActs(this.#ownFolder)
    this.whenOver(this.split.watch(asOwnWork))
  }

  /** Does not return in the zygote. Returns in every run, repaired. `gate`: the file in front of whose body it is, or in which. */
  park(gate = this.#options.entry) {
    if (this.#isOver) return
    if (this.#isLoadingBase) this.#giveUpBase(`gate-in-base: ${gate}`)
    const savesMs = Math.round(performance.now() - this.#began)
    if (this.#options.isByAuto && !warmth.isAutoLoaded) this.giveUp('auto-after-gate')
    const { native, platform, watchedArguments, watchedStdio, settings } = this.#options
    const obstacle = this.#prepareToPark()
    if (obstacle) this.giveUp(obstacle)
    const { plan: base, obstacle: difference } = settings.base ? this.split.at(gate) : none
    // Not a failure: the next one is worth a try at once.
    if (difference) native.abandon(this.#givenUpText({ reason: difference, base, ...this.#asBefore() }), '')
    this.#release()
    const streams = watchedStdio.rebinds()
    const fork = native.park({
      manifest: this.#manifestText({ state: 'parked', failures: 0, savesMs, base }),
      idleMs: idleMilliseconds(process.env.INSTASTART_IDLE, settings.idle),
      ...watchedArguments.questions(),
      ...watchedStdio.questions(),
      rebinds: streams,
      quiesce: platform.quiesceFunction(),
    })
    // Everything below runs in a fork of this process.
    if (!fork) this.giveUp('could-not-park')
    else startRun(native, platform, fork, streams.map(([standard]) => standard))
  }

  /** Ends this process. `error`: for those who look into it. */
  giveUp(reason: string, error = ''): never {
    const { native, files } = this.#options
    if (!this.#isOver) this.#release()
    return native.abandon(this.#givenUpText({ reason, files: files.identities() }), error)
  }

  /** What stands in the way; '' if nothing does. */
  #prepareToPark(): string {
    const { native, platform, files } = this.#options
    files.consultRequired()
    this.#assertNoneExcluded()
    // A base has done that, and somebody waits.
    platform.collectGarbage(!this.#isFromBase)
    platform.noteContexts()
    platform.quiesce()
    return this.#threads.obstacle() || native.obstacle() || this.#drawnRandomness()
  }

  /** The next zygote is one without a base, if it is the base's fault. */
  #giveUpBase(reason: string): never {
    const { native, files } = this.#options
    // That says nothing of the packages.
    const base = reason.startsWith('changed-while-loading') ? this.#manifest.base : { packages: [], own: [] }
    return native.abandon(this.#givenUpText({ reason, files: files.identities(), base, ...this.#asBefore() }), '')
  }

  /** For a zygote that was not in vain. */
  #asBefore() {
    return { failures: this.#manifest.failures ?? 0, failedAt: 0 }
  }

  /** For `ps`. */
  #rename(from: string, to: string) {
    process.title = process.title.replace(from, to)
  }

  /** From here on this process is the program's, and must not do what each run has to do itself. `ownFolder`: where files are ours. */
  heedActs(ownFolder: string) {
    this.#ownFolder = ownFolder
    const { native, entry } = this.#options
    const files = { [entry]: identityOf(entry) }
    const isHeeded = native.heedActs({
      ownFolder,
      manifest: this.#givenUpText({ files }),
      explain: (act) => this.#explain(act),
    })
    if (!isHeeded) this.giveUp('no-observer')
  }

  /**
   * What the manifest is to say of the act that a module is about to do; '' if it may. The next zygote has its gate in front of that module,
   * unless that is where this one should have had it.
   */
  #explain(act: string): string {
    // libuv's pool is renewed in runs; Workers are not.
    if (act === 'to start a thread of Node' && scriptsOnStack().find((script) => script.startsWith('node:')) !== 'node:internal/worker') return ''
    const reason = acts[act] ?? `act-before-gate: ${act}`
    const file = moduleUnderEvaluation()
    const files = this.#options.files.identities()
    if (file === undefined || this.movedGates.some((gate) => gate.file === file)) return this.#givenUpText({ reason, files })
    const gates = [...this.movedGates, { file, identity: identityOf(file), reason }]
    // Not a failure: the next one is worth a try at once.
    return this.#givenUpText({ reason, files, gates, ...this.#asBefore() })
  }

  /** The entry is there, and is evaluated next: from here on modules ask. */
  hearQuestions() {
    if (this.#isHearing) return
    this.#isHearing = true
    const { native } = this.#options
    native.doOwnWork(true)
    // Node keeps the directory that it found at its start, and would ask nobody.
    process.chdir('.')
    native.doOwnWork(false)
    native.hearSurroundings()
  }

  /** What is kept of it (a pool, an id, a key) would be the same in all runs. */
  #drawnRandomness(): string {
    return this.#options.native.randomDraws() > this.#drawsBefore ? 'randomness-before-gate' : ''
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

  #givenUpText(details: Partial<Manifest>): string {
    return this.#manifestText({ state: 'given-up', failures: (this.#manifest.failures ?? 0) + 1, failedAt: Date.now(), ...details })
  }

  #manifestText(changes: Partial<Manifest>): string {
    return JSON.stringify({ ...this.#manifest, ...changes })
  }
}
