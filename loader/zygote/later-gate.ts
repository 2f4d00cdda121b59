// The gate of a CommonJS program may come later than the end of its imports: many do nothing for long but define, and require by a condition or
// in a function. So the zygote goes on into the program's own code, up to the first act, and parks in the middle of that call. Where it turns out
// that something was done that could not be stopped, the next zygote parks earlier.
import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import { isTransformed } from '../hooks/file-kinds.js'
import { transformedSource } from '../hooks/transform.js'
import type { Native, Platform } from '../native.js'
import { identityOf, type Manifest, type MovedGate } from '../protocol.js'
import type { Settings } from '../settings.js'
import { warmth } from '../warmth.js'
import { isRenewed } from './acts.js'
import { moduleUnderEvaluation, scriptsOnStack } from './module-under-evaluation.js'
import { isOwnModule } from './own-graph.js'
import type { Parking } from './parking.js'
import { requireCache } from './require-cache.js'

/** In the middle of these calls there are handles, sockets and locks already that no fork may have. */
const unstoppable = /^to (start a|connect|listen|look a host up|send a message|change a terminal|use an inherited)/

/** `script`: a path or a URL. */
const isOwn = (script: string): boolean => isOwnModule(script.startsWith('file:') ? script : pathToFileURL(script).href)

const isSource = (file: string): boolean => isTransformed(file) || /\.[cm]?js$/.test(file)

/** By its text. */
const mayAskForVariables = (file: string): boolean => isSource(file) && fs.existsSync(file) && /\benv\b/.test(transformedSource(file))

interface LaterGateOptions {
  native: Native
  platform: Platform
  entry: string
  settings: Settings
}

export class LaterGate {
  readonly #parking: Parking
  readonly #options: LaterGateOptions
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
  #isImporting = false

  constructor(parking: Parking, options: LaterGateOptions, last: MovedGate | undefined) {
    this.#parking = parking
    this.#options = options
    this.#last = last
  }

  get isGoingOn(): boolean {
    return this.#root !== undefined && !this.#parking.isOver
  }

  /** The gate of a CommonJS module may be here, in front of its body or in it. Parks, or lets the program go on up to its first act. */
  reach(file = this.#options.entry) {
    if (this.#parking.isOver) return
    if (this.#parking.loadsBase || !this.#mayPass(file)) this.#parking.park(file)
    else if (!this.isGoingOn) this.#begin(file)
  }

  #mayPass(file: string): boolean {
    const { settings: { laterGate, gateBefore }, native } = this.#options
    if (!laterGate || this.#last?.file === file || gateBefore.some(({ covers }) => covers(file))) return false
    if (warmth.isAutoLoaded || native.inFlight() !== '') return false
    // What a tool that is installed asks for seldom changes. In a program of one's own it is what it works with, and runs with any are warm.
    return !isOwn(file) || ![file, ...Object.keys(requireCache).filter(isOwn)].some(mayAskForVariables)
  }

  #begin(file: string) {
    const { native } = this.#options
    native.doOwnWork(true)
    this.#root = this.#clean = file
    this.#acceptImport()
    this.#files = native.openFiles()
    this.#variables = this.#variablesAsked()
    this.#parking.goOn(this.#next('it did not come to an act'), isOwn(file))
    native.doOwnWork(false)
  }

  /** A program that goes on is about to do what each run does itself: parks. `act`: as in acts.ts. */
  act(act: string) {
    if (this.isGoingOn) this.#parking.park(this.#root, { act, file: moduleUnderEvaluation() ?? this.#options.entry })
  }

  /** The same, if it is the program itself that does it, and no module that it loads meanwhile. */
  actOfProgram(act: string) {
    if (this.isGoingOn && this.#isProgram(moduleUnderEvaluation())) this.act(act)
  }

  /** The same for what the observer hears. What the manifest is to say, if it cannot park there; '' if the act may be done; undefined: ask others. */
  explain(act: string): Partial<Manifest> | '' | undefined {
    if (!this.isGoingOn || isRenewed(act)) return undefined
    // What modules ask as they are imported is remembered, as before the end of the program's own imports.
    if (act.startsWith('to ask for ') && !this.#isAskedByProgram()) return ''
    if (unstoppable.test(act)) return this.tooLate(act)
    this.act(act)
    return ''
  }

  /** Whether it goes on in this module; undefined: in none that is being evaluated. */
  #isProgram(file: string | undefined): boolean {
    return file === undefined || file === this.#options.entry || this.#parking.movedGates.some((gate) => gate.file === file)
  }

  #isAskedByProgram(): boolean {
    const asker = scriptsOnStack().find((script) => !script.startsWith('node:') || script.startsWith('node:internal/modules/'))
    return asker !== undefined && !asker.startsWith('node:') && this.#isProgram(moduleUnderEvaluation())
  }

  /** The program imports something in its own code. */
  imports() {
    if (this.isGoingOn) this.#isImporting = true
  }

  /** The entry is evaluated to its end. What it imports in its own code comes with the loop's turns. */
  end() {
    const park = () => this.act('to end')
    if (!this.#isImporting) park()
    else if (this.isGoingOn) {
      process.prependOnceListener('beforeExit', park)
      this.#parking.whenOver(() => process.off('beforeExit', park))
    }
  }

  /** A module is about to be loaded, perhaps: the gate could be in front of it. Whether it is to be told when it is evaluated. */
  passes(file: string): boolean {
    if (!this.isGoingOn || requireCache[file] || !isSource(file)) return false
    const loading = moduleUnderEvaluation()
    if (loading !== undefined && !this.#isProgram(loading) && requireCache[loading]?.loaded === false) this.#acceptImport()
    const done = this.done()
    if (done) this.#parking.giveUp(done)
    this.#clean = file
    return true
  }

  /** A module that a program has required as it goes on is evaluated. */
  hasLoaded() {
    if (this.isGoingOn) this.#acceptImport()
  }

  /** Numbers that were drawn last, and the time that was read, were so by a module as it was imported, and no run minds. */
  #acceptImport() {
    const { native, platform } = this.#options
    this.#numbers = platform.randomPlace()
    this.#dates = native.dateReadings()
  }

  /** For how many variables modules of the program's own were the first to ask. */
  #variablesAsked(): number {
    if (!this.#root || !isOwn(this.#root)) return 0
    const asked = Object.entries(this.#options.platform.askers()).flatMap(([script, questions]) => (isOwn(script) ? questions : []))
    // Node's own loader asks for some on its behalf.
    return asked.filter((question) => /^\$(?!NODE_|WATCH_REPORT_DEPENDENCIES$)/.test(question)).length
  }

  /** What each run has to do itself, and has been done; '' if nothing. Own work. */
  done(): string {
    if (!this.isGoingOn) return ''
    const { native, platform } = this.#options
    if (warmth.isAutoLoaded) return 'to ask instastart/auto'
    if (platform.randomPlace() !== this.#numbers) return 'to draw Math.random()'
    if (native.dateReadings() > this.#dates) return 'to read the clock'
    if (this.#variablesAsked() > this.#variables) return 'to ask for a variable'
    const inFlight = native.inFlight()
    if (inFlight) return `open-handle: ${inFlight}`
    // Where two runs read in one of them, both would move on.
    return native.openFiles() > this.#files ? 'to keep a file open' : ''
  }

  /** What the manifest is to say of a zygote that cannot park where it has come to. */
  tooLate(reason: string): Partial<Manifest> {
    return { reason: `gate-too-late: ${reason}`, lastGate: this.#next(reason) }
  }

  /** Where the next zygote is to park at the latest. A place that this one has not come across would be no place for that one either. */
  #next(reason: string): MovedGate {
    const file = (this.#last ? this.#root : this.#clean) ?? ''
    return { file, identity: identityOf(file), reason }
  }
}
