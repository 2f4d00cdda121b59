// The gate of a CommonJS program may come later than the end of its imports: many do nothing for long but define, and require by a condition or
// in a function. So the zygote goes on into the program's own code, up to the first act, and parks in the middle of that call. Where it turns out
// that something was done that could not be stopped, the next zygote parks earlier.
import fs from 'node:fs'
import { transformedSource } from '../hooks/transform.js'
import type { Native, Platform } from '../native.js'
import { identityOf, type MovedGate } from '../protocol.js'
import { warmth } from '../warmth.js'
import { isOurs } from './module-under-evaluation.js'
import { requireCache } from './require-cache.js'

/** In the middle of these calls there are handles, sockets and locks already that no fork may have. */
const unstoppable = /^to (start a|connect|listen|look a host up|send a message|change a terminal|use an inherited)/

const isSource = (file: string): boolean => /\.([cm]?[jt]s|[jt]sx)$/.test(file)

export const isOwn = (file: string): boolean => !file.includes('/node_modules/')

/** By its text; of own modules. */
const mayAskForVariables = (file: string): boolean => {
  if (!isOwn(file) || isOurs(file) || !isSource(file) || !fs.existsSync(file)) return false
  return /\benv\b/.test(transformedSource(file))
}

/** Files and directories: where two runs read in one of them, both would move on. */
const openFiles = () => fs.readdirSync('/proc/self/fd').filter((fd) => {
  const opened = fs.statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false })
  return opened !== undefined && (opened.isFile() || opened.isDirectory())
}).length

export class LaterGate {
  readonly #native: Native
  readonly #platform: Platform
  /** Where the gate has to be at the latest, as a zygote before this one has found out. */
  readonly #last: MovedGate | undefined
  /** In front of which module's body, or in which module, it has begun. */
  #root: string | undefined
  /** The module that was required last before something was done that could not be stopped. */
  #clean = ''
  #numbers = ''
  #dates = 0
  #files = 0
  #variables = 0
  /** The program has begun to load modules that it does not wait for before the loop turns. */
  isImporting = false

  constructor(native: Native, platform: Platform, last: MovedGate | undefined) {
    this.#native = native
    this.#platform = platform
    this.#last = last
  }

  get isGoingOn(): boolean {
    return this.#root !== undefined
  }

  get root(): string {
    return this.#root ?? ''
  }

  /** Whether the gate may be later than this place: in front of the body of `file`, or in it, behind what it imports. */
  mayPass(file: string): boolean {
    // What a tool that is installed asks for seldom changes. In a program of one's own it is what it works with, and runs with any are warm.
    if (isOwn(file) && [file, ...Object.keys(requireCache)].some(mayAskForVariables)) return false
    return this.#last?.file !== file && !warmth.isAutoLoaded && this.#native.inFlight() === ''
  }

  /** For how many variables modules of the program's own were the first to ask. */
  #variablesAsked(): number {
    if (!isOwn(this.root)) return 0
    const asked = Object.entries(this.#platform.askers()).flatMap(([script, questions]) => (isOwn(script) ? questions : []))
    // Node's own loader asks for some on its behalf.
    return asked.filter((question) => /^\$(?!NODE_|WATCH_REPORT_DEPENDENCIES$)/.test(question)).length
  }

  begin(file: string) {
    this.#root = this.#clean = file
    this.acceptImport()
    this.#files = openFiles()
    this.#variables = this.#variablesAsked()
  }

  /** Numbers that were drawn last, and the time that was read, were so by a module as it was imported, and no run minds. */
  acceptImport() {
    if (!this.isGoingOn) return
    this.#numbers = this.#platform.randomPlace()
    this.#dates = this.#native.dateReadings()
  }

  isToBeLoaded(file: string): boolean {
    return !requireCache[file] && isSource(file)
  }

  /** A module is about to be loaded: the gate could be in front of it. Returns what has been done before; '' if nothing. */
  pass(file: string): string {
    const done = this.done()
    if (!done) this.#clean = file
    return done
  }

  /** Whether it parks in the middle of this act. */
  stopsAt(act: string): boolean {
    return !unstoppable.test(act)
  }

  /** What each run has to do itself, and has been done; '' if nothing. Own work. */
  done(): string {
    if (!this.isGoingOn) return ''
    if (warmth.isAutoLoaded) return 'to ask instastart/auto'
    if (this.#platform.randomPlace() !== this.#numbers) return 'to draw Math.random()'
    if (this.#native.dateReadings() > this.#dates) return 'to read the clock'
    if (this.#variablesAsked() > this.#variables) return 'to ask for a variable'
    const inFlight = this.#native.inFlight()
    if (inFlight) return `open-handle: ${inFlight}`
    return openFiles() > this.#files ? 'to keep a file open' : ''
  }

  /** Where the next zygote is to park at the latest. A place that this one has not come across would be no place for that one either. */
  next(reason: string): MovedGate {
    const file = this.#last ? this.root : this.#clean
    return { file, identity: identityOf(file), reason }
  }
}
