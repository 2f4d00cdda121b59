// A terminal with a shell in it, at which a test types as a user does.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { afterAll } from 'vitest'

let built: string | undefined

// Processes of tests are ended without a word.
afterAll(() => {
  if (built) fs.rmSync(path.dirname(built), { recursive: true })
  built = undefined
})

/** Once in each file of tests. */
const build = (): string => {
  if (built) return built
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-pty-'))
  built = path.join(folder, 'pty')
  execFileSync(process.env.CC ?? 'cc', ['-D_GNU_SOURCE', '-Werror', path.join(import.meta.dirname, 'pty.c'), '-o', built])
  return built
}

export const keys = {
  interrupt: '\x03', endOfFile: '\x04', stop: '\x13', start: '\x11', suspend: '\x1a', quit: '\x1c', up: '\x1b[A', down: '\x1b[B', enter: '\r',
} as const

/** Nothing in these tests takes that long, even on a busy machine. */
const longestMs = 20_000

const prompt = '>> '

/** Bash with its prompt and without a line editor: what is typed is shown by the terminal itself. */
export class ShellTerminal {
  readonly #child: ChildProcess
  readonly #sizes: Writable
  /** The status of the shell: 128 and the signal's number where one ended it. */
  readonly ended: Promise<number | null>
  #shown = ''
  #seen = 0
  #listeners = new Set<() => void>()

  constructor({ cwd, env: own }: { cwd: string; env: Record<string, string> }) {
    const env = { TERM: 'xterm', ...own, PS1: prompt, PS2: '', HISTFILE: '' }
    this.#child = spawn(build(), ['80', '24', 'bash', '--norc', '--noprofile', '--noediting', '-i'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit', 'pipe'] })
    this.#sizes = this.#child.stdio[3] as Writable
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text
      for (const listener of this.#listeners) listener()
    })
    // Of a terminal that is closed already.
    for (const stream of [this.#child.stdin, this.#sizes]) stream?.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (status) => {
        resolve(status)
        for (const listener of this.#listeners) listener()
      })
    })
  }

  /** All that it has shown. */
  get transcript(): string {
    return this.#shown.replaceAll('\r\n', '\n')
  }

  type(text: string) {
    this.#child.stdin?.write(text)
  }

  resize(columns: number, rows: number) {
    this.#sizes.write(`${columns} ${rows}\n`)
  }

  /** As when its window is closed. */
  close() {
    this.#child.stdin?.end()
  }

  /** Resolves once it shows this text, after what was waited for before. */
  shows(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => {
        clearTimeout(timer)
        this.#listeners.delete(look)
        if (error) reject(error)
        else resolve()
      }
      const failed = (how: string) => done(new Error(`${how} without showing ${JSON.stringify(text)} after ${JSON.stringify(this.#shown.slice(0, this.#seen))}:\n${this.#shown.slice(this.#seen)}`))
      const timer = setTimeout(() => failed(`${longestMs} ms`), longestMs)
      const look = () => {
        const at = this.#shown.indexOf(text, this.#seen)
        if (at >= 0) {
          this.#seen = at + text.length
          done()
        } else if (this.#child.exitCode !== null) failed('Ended')
      }
      this.#listeners.add(look)
      look()
    })
  }

  prompted(): Promise<void> {
    return this.shows(prompt)
  }

  enter(command: string) {
    this.type(`${command}\n`)
  }

  /** To its end. */
  async command(command: string): Promise<void> {
    this.enter(command)
    await this.prompted()
  }
}
