// Where the gate may be: after what the entry imports, and before the modules that settings name or that acted in a zygote.
// The first one reached is the gate.
import type { ModulePattern } from '../settings.js'

export class GatePlaces {
  #entry: string
  readonly #before: readonly ModulePattern[]

  constructor(entry: string, before: readonly ModulePattern[]) {
    this.#entry = entry
    this.#before = before
  }

  /** Whether this file (absolute, no links) is the entry. */
  isEntry(file: string): boolean {
    return file === this.#entry
  }

  /** Whether the gate is before this file's evaluation, at the latest. */
  isBefore(file: string): boolean {
    return this.#before.some(({ covers }) => covers(file))
  }

  /** `launch()`: another file is what the program is about. */
  moveEntry(file: string) {
    this.#entry = file
  }
}
