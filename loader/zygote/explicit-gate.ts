// The gate where the program puts it itself: start() and launch() of instastart/auto, as a zygote understands them.
import { createRequire } from 'node:module'
import path from 'node:path'
import { distribution } from '../distribution.js'
import { whenIdle } from '../run/when-idle.js'
import { warmth, type ProgramGate } from '../warmth.js'
import { explicitCalls } from './explicit-calls.js'
import type { GatePlaces } from './gate-places.js'
import type { Parking } from './parking.js'

/** Ours, not that of another installation: it would know nothing of this zygote. */
const isOwnAuto = (specifier: string, from: string): boolean => {
  if (!specifier.includes('auto')) return false
  try {
    return path.dirname(createRequire(from).resolve(specifier)) === distribution
  } catch {
    return false // Not there: then it is not ours.
  }
}

export class ExplicitGate implements ProgramGate {
  readonly #parking: Parking
  readonly #places: GatePlaces
  readonly #watchCommonJS: (file: string) => void
  #isAwaited = false
  #isReached = false

  /** `watchCommonJS` has to be told of another entry before that is loaded. */
  constructor(parking: Parking, places: GatePlaces, watchCommonJS: (file: string) => void) {
    this.#parking = parking
    this.#places = places
    this.#watchCommonJS = watchCommonJS
    warmth.gate = this
  }

  /** Whether the program's entry calls start() or launch() itself; then it has no other gate. */
  isIn(file: string, source: string): boolean {
    const calls = explicitCalls(source, (specifier) => isOwnAuto(specifier, file))
    this.#isAwaited = calls.isAwaited
    this.#isReached = false
    return calls.start || calls.launch
  }

  /** This file has been evaluated: if it still is the entry, what should have come after its gate has been done. */
  assertReached(file: string) {
    if (!this.#isReached && this.#places.isEntry(file)) this.#parking.giveUp('start-not-reached')
  }

  /** Parks. Where every start() is awaited, not before nothing is in flight; the promise is that of the way there. */
  async start(): Promise<void> {
    this.#isReached = true
    if (this.#isAwaited) await whenIdle(() => this.#park())
    else this.#park()
  }

  /** What goes wrong is the zygote's, not the program's, which could go on without a word to its end. */
  #park() {
    try {
      this.#parking.park()
    } catch (error) {
      // In a run it is the program's after all: that of an afterFork().
      if (this.#parking.isOver) throw error
      this.#parking.giveUp(`failed: ${String(error)}`)
    }
  }

  /** From now on the gate is that of `file`, which is about to be imported. */
  launch(file: string) {
    this.#places.moveEntry(file)
    this.#watchCommonJS(file)
  }
}
