// A program that is edited between its runs, which are compared with plain Node's.
import fs from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { debugLine, isWarm, type Sandbox, type Way } from './sandbox.js'
import { basesOf, type ProcessSeen } from './zygotes.js'

/** What a run that a zygote served says of itself. */
export const warm = /^warm run/

export class EditedProgram {
  readonly #sandbox: Sandbox
  readonly entry: string

  constructor(sandbox: Sandbox, entry: string) {
    this.#sandbox = sandbox
    this.entry = entry
  }

  plainRun() {
    return this.#sandbox.run('node', [this.entry])
  }

  /** Once and once more, when nothing is on its way any more: like plain Node. Returns how they were run. */
  async runLikePlain(way: Way, times = 2): Promise<string[]> {
    const plain = await this.plainRun()
    const lines: string[] = []
    for (let i = 0; i < times; i++) {
      const outcome = await this.#sandbox.run(way, [this.entry])
      expect(outcome.stdout, debugLine(outcome)).toBe(plain.stdout)
      expect(outcome.status).toBe(plain.status)
      lines.push(debugLine(outcome))
      await this.#sandbox.untilSettled()
    }
    return lines
  }

  edit(file: string) {
    fs.appendFileSync(path.join(this.#sandbox.project, file), '// edited\n')
  }

  /** Several edits of a file, with runs after each. */
  async runThroughEdits(file: string, edits: number, times = 2) {
    for (let i = 0; i < edits; i++) {
      this.edit(file)
      await this.runLikePlain('client', times)
    }
  }

  /** Until there is a base: from the first edit on. */
  async warmUp(way: Way) {
    await this.runLikePlain(way)
    this.edit(this.entry)
    await this.runLikePlain(way)
  }

  /** As often as that changes something by `change`, and runs twice: returns the part of these runs that were warm. */
  async warmShare(changes: number, change: (index: number) => void): Promise<number> {
    const lines: string[] = []
    for (let i = 0; i < changes; i++) {
      change(i)
      lines.push(...await this.runLikePlain('client'))
    }
    return lines.filter((line) => warm.test(line)).length / lines.length
  }

  /** For each file, which is edited: how long the run right after that takes, to plain Node's before it. The next one is warm, too. */
  async ratiosAfterEdits(files: readonly string[]): Promise<number[]> {
    const ratios: number[] = []
    for (const file of files) {
      const plain = await this.plainRun()
      this.edit(file)
      const edited = await this.#sandbox.run('client', [this.entry])
      expect(isWarm(edited), debugLine(edited)).toBe(true)
      expect(edited.stdout).toBe(plain.stdout)
      ratios.push(edited.ms / plain.ms)
      await this.#sandbox.untilSettled()
      expect(debugLine(await this.#sandbox.run('client', [this.entry]))).toMatch(warm)
    }
    return ratios
  }

  bases(): ProcessSeen[] {
    return basesOf(this.#sandbox.runtime)
  }

  /** Of the base that is there or would be next. */
  plannedPackages() {
    return this.#sandbox.manifests().map(({ base }) => base?.packages.map(({ url }) => url.replace(/^.*\/node_modules\//, '')))
  }
}
