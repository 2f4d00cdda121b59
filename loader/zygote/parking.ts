// The end of a zygote's JavaScript: it parks at the gate and goes on in every run, or gives up and says why.
import { inspect } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import type { Channel, Native, Platform, WordToBase } from '../native.js'
import { identityOf, type BasePlan, type Manifest, type MovedGate } from '../protocol.js'
import { startRun } from '../run/start.js'
import type { Settings } from '../settings.js'
import { warmth } from '../warmth.js'
import { obstacleOf } from './acts.js'
import { claimedManifest } from './claimed-manifest.js'
import type { GraphFiles } from './graph-files.js'
import { idleMilliseconds } from './idle.js'
import { LaterGate } from './later-gate.js'
import { SplitProgram, type Split } from './split.js'
import { ThreadCount } from './thread-count.js'
import type { WatchedArguments } from './watched-arguments.js'
import { importsIdentity, watchIdentity, type WatchedIdentity } from './watched-identity.js'
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

/** Where the settings want no base. */
const none: Split = { plan: undefined, obstacle: '' }

/** For the next zygote to be one without. */
export const noBase: BasePlan = { packages: [], own: [] }

/** Whether another zygote is worth a try: at once, once an own file has changed, or not from this base. */
const wordToBase = (reason: string): WordToBase =>
  reason.startsWith('changed-while-loading') ? 'edited' : /^(failed|exited-before-gate)/.test(reason) ? 'failed' : ''

/** A program that has not come to an act after so long is taken for one that only computes. */
const leastSeconds = 5, mostTimesAsLong = 2

const firstLine = (error: unknown): string => inspect(error).split('\n', 1)[0] ?? ''

export class Parking {
  readonly split: SplitProgram
  readonly later: LaterGate
  readonly #options: ParkingOptions
  #manifest: Manifest
  readonly #threads = new ThreadCount()
  #drawsBefore: number
  readonly #cleanups: (() => void)[] = []
  #began = performance.now()
  #ownFolder = ''
  /** No gate is reached meanwhile. */
  loadsBase = false
  #usedInBase: number | undefined
  #lastError: unknown
  #identity: WatchedIdentity | undefined
  /** Of the process, that a module has set. */
  #ownTitle: string | undefined
  /** Node's own. */
  #argv: string[] = []
  #isOver = false
  #isHearing = false

  constructor(options: ParkingOptions) {
    this.#options = options
    this.#manifest = claimedManifest(options.manifest)
    this.#drawsBefore = options.native.randomDraws()
    this.later = new LaterGate(this, options, this.#manifest.lastGate)
    this.split = new SplitProgram(options.entry, options.settings.base ? this.#manifest.base : undefined, options)
    const noteError = (error: unknown) => {
      this.#lastError = error
    }
    const noteExit = (code: number) => {
      if (this.later.isGoingOn) this.later.act('to exit')
      else if (this.#lastError === undefined) this.giveUp(`exited-before-gate: ${code}`)
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

  /** In front of which module the gate has to be at the latest; the entry: behind its imports. */
  get lastGate(): string | undefined {
    return this.#manifest.lastGate?.file
  }

  /** With which the program is started. */
  get channel(): Channel | undefined {
    return this.#manifest.channel
  }

  /** In runs, and from the moment on at which nothing can be given up any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs just before the zygote parks: for what a run must not find. */
  whenOver(cleanup: () => void) {
    this.#cleanups.push(cleanup)
  }

  /** The program goes on past its imports, and may not come back: then, and where another thread acts, the next zygote is to park at `lastGate`. */
  goOn(lastGate: MovedGate, heedsQuestions: boolean) {
    this.#options.native.goOn({
      manifest: this.#manifestText({ lastGate }),
      manifestOfAct: this.#givenUpText({ lastGate, ...this.#asBefore() }),
      seconds: leastSeconds + Math.ceil(this.msSoFar / 1000) * mostTimesAsLong,
      heedsQuestions,
    })
  }

  /** Does not return in the zygote. Returns in every run, repaired. `gate`: the file in front of whose body it is, or in which; `stop`: at what. */
  park(gate = this.#options.entry, stop?: Manifest['stop']) {
    if (this.#isOver) return
    // It has no more to do with the program.
    this.#options.native.doOwnWork(true)
    if (this.loadsBase) this.giveWay({ reason: `gate-in-base: ${gate}`, base: noBase })
    const savesMs = Math.round(performance.now() - this.#began)
    if (this.#options.isByAuto && !warmth.isAutoLoaded) this.giveUp('auto-after-gate')
    const { native, platform, watchedArguments, watchedStdio, settings } = this.#options
    const obstacle = this.prepareToPark()
    if (obstacle) this.giveUp(obstacle)
    const { plan: base, obstacle: difference } = settings.base ? this.split.at(gate) : none
    if (difference) this.giveWay({ reason: difference, base })
    this.#release()
    const rebinds = watchedStdio.rebinds()
    const parked = { atNs: process.hrtime.bigint(), streams: rebinds.map(([standard]) => standard), ownTitle: this.#ownTitle, argv: this.#argv }
    const fork = native.park({
      manifest: this.#manifestText({ state: 'parked', failures: 0, savesMs, base, stop, askedBy: platform.askers() }),
      idleMs: idleMilliseconds(process.env.INSTASTART_IDLE, settings.idle),
      ...watchedArguments.questions(),
      ...watchedStdio.questions(),
      rebinds,
      quiesce: platform.quiesceFunction(),
    })
    // Everything below runs in a fork of this process.
    if (!fork) this.giveUp('could-not-park')
    else startRun(native, platform, fork, parked)
  }

  /** Ends this process. `error`: for those who look into it. */
  giveUp(reason: string, error = ''): never {
    const { native, files } = this.#options
    if (this.later.isGoingOn) this.giveWay(this.later.tooLate(reason))
    if (!this.#isOver) this.#release()
    return native.abandon(this.#givenUpText({ reason, files: files.identities() }), error, wordToBase(reason))
  }

  /** What stands in the way; '' if nothing does. */
  prepareToPark(): string {
    const { native, platform, files } = this.#options
    const done = this.later.done()
    if (done) return done
    files.consultRequired()
    this.#assertNoneExcluded()
    platform.collectGarbage(this.#garbage())
    platform.noteContexts()
    platform.quiesce()
    return this.#threads.obstacle() || native.obstacle() || this.#drawnRandomness()
  }

  /** A base has collected all, thoroughly, and somebody waits for a zygote that is made from it. */
  #garbage() {
    if (this.#usedInBase === undefined) return 'thorough'
    // So little more starts no marking in V8 (its heaps grow by 2 MB at least: src/heap/heap-controller.cc). A full collection would copy every page
    // of the heap, to set its mark bits.
    const growth = getHeapStatistics().used_heap_size - this.#usedInBase
    return growth < Math.max(0.05 * this.#usedInBase, 2 * 2 ** 20) ? 'young' : 'all'
  }

  /** Ends this process for another one, which is worth a try at once: no failure. */
  giveWay(details: Partial<Manifest>): never {
    return this.#options.native.abandon(this.#givenUpText({ ...details, ...this.#asBefore() }), '', '')
  }

  #asBefore() {
    return { failures: this.#manifest.failures ?? 0, failedAt: 0 }
  }

  /** How long what the runs find done has taken so far. */
  get msSoFar(): number {
    return performance.now() - this.#began
  }

  /** Of the manifests of the zygotes that a base makes; see native/addon/base.h. */
  get planned(): string {
    return JSON.stringify({ ...this.#manifest, since: undefined, expected: undefined, state: undefined, pid: undefined }).slice(1)
  }

  /** Packages come next, and no module has looked for anything so far. What stands in the way; '' if nothing does. */
  beginBase(): string {
    const { native, entry } = this.#options
    const obstacle = native.beginBase(entry)
    this.heedActs(this.#ownFolder)
    this.loadsBase = true
    return obstacle
  }

  /** In a zygote that a base has made, after it has worked for `msSoFar`. */
  beginInFork({ manifest, pid }: { manifest: number; pid: number }, msSoFar: number) {
    this.#identity?.setPid(pid)
    this.#usedInBase = getHeapStatistics().used_heap_size
    this.#manifest = claimedManifest(manifest)
    this.#began = performance.now() - msSoFar
    this.heedActs(this.#ownFolder)
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
    if (this.#identity) return
    this.#identity = watchIdentity(this.#options.platform, (what) => this.#heed(`to read ${what}`))
  }

  /** The same for what is done in JavaScript, where the observer hears nothing. */
  #heed(act: string) {
    const manifest = this.#explain(act)
    if (manifest) this.#options.native.abandon(manifest, '', '')
  }

  /** Before any module is evaluated. */
  readSource(text: string) {
    if (importsIdentity(text)) this.giveUp('identity-imported')
  }

  rename(from: string, to: string) {
    this.#identity?.rename(from, to)
  }

  /** What the manifest is to say of the act that a module is about to do; '' if it may. */
  #explain(act: string): string {
    // Not drawn yet.
    if (this.later.isGoingOn && act === 'to draw random bytes') this.#drawsBefore++
    const later = this.later.explain(act)
    if (later !== undefined) return later && this.#givenUpText({ ...later, ...this.#asBefore() })
    const obstacle = obstacleOf(act, this.movedGates)
    if (!obstacle) return ''
    // With another gate another zygote is worth a try at once; a base would reach that gate.
    const next = obstacle.gates && { ...this.#asBefore(), ...this.loadsBase && { base: noBase } }
    return this.#givenUpText({ ...obstacle, ...next, files: this.#options.files.identities() })
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
    this.#argv = this.#options.watchedArguments.release()
    this.#options.watchedStdio.release()
    this.#ownTitle = this.#identity?.release()
    for (const cleanup of this.#cleanups) cleanup()
  }

  #givenUpText(details: Partial<Manifest>): string {
    return this.#manifestText({ state: 'given-up', failures: (this.#manifest.failures ?? 0) + 1, failedAt: Date.now(), ...details })
  }

  #manifestText(changes: Partial<Manifest>): string {
    return JSON.stringify({ ...this.#manifest, ...changes })
  }
}
