// Runs of a program as `instastart prove` does them, and how those by plain Node and others compare.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { distribution } from '../distribution.js'
import { InstastartError } from '../errors.js'
import { quoted } from './env.js'
import type { Place } from './prove-place.js'

/** In what a run differs from the one that the user typed. */
export interface Situation {
  name: string
  args: readonly string[]
  env?: Record<string, string>
  /** Of the shell; the command's own line in it. */
  shell?: (command: string) => string
}

/** What somebody outside can see of a run. */
export interface Effects {
  stdout: string
  stderr: string
  /** Exit status, or signal. */
  status: string
  /** What it has done to files below the working directory. */
  files: string
}

export interface ProvedRun {
  effects: Effects
  ms: number
  /** undefined: it was warm. */
  plainReason: string | undefined
}

const command = path.join(distribution, 'instastart')

/** What INSTASTART_DEBUG adds; a terminal has line ends of its own. */
const debugLine = /^instastart: (?:plain run: (.*?)|warm run.*?)\r?\n/m

/** What is run, where, and for how many seconds at most. */
export interface Subject {
  place: Place
  /** Options of Node's, and the program. */
  words: readonly string[]
  timeout: number
  interrupt: AbortSignal
}

/** @throws {InstastartError} INSTASTART_ENDLESS, INSTASTART_INTERRUPTED */
export const runOnce = async ({ place, words, timeout, interrupt }: Subject, situation: Situation, isPlain: boolean): Promise<ProvedRun> => {
  const { args, env = {}, shell = (line: string) => `exec ${line}` } = situation
  const line = [command, ...words, ...args].map((word) => quoted('bash', word)).join(' ')
  // As many variables for both.
  const own = { INSTASTART_DEBUG: '1', PWD: place.directory, INSTASTART: isPlain ? '0' : '1' }
  const began = performance.now()
  const child = spawn('/bin/sh', ['-c', shell(line)], { cwd: place.directory, env: { ...process.env, ...env, ...own }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => { texts[name] += text })
  let isEndless = false
  // It leads a group of its own, so that nothing of it stays.
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL')
  interrupt.addEventListener('abort', end)
  const timer = setTimeout(() => {
    isEndless = true
    end()
  }, timeout * 1000)
  // What it has started and left may still write to the pipes.
  const [code, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  interrupt.removeEventListener('abort', end)
  interrupt.throwIfAborted()
  if (isEndless) throw new InstastartError('INSTASTART_ENDLESS', `a run did not end within ${timeout} s. Only programs that end by themselves can be proved; --timeout sets how long they may take.`)
  const status = signal ?? String(code)
  const ms = performance.now() - began
  const said = debugLine.exec(texts.stderr) ?? debugLine.exec(texts.stdout)
  const files = Object.entries(place.takeChanges()).map(([name, what]) => `${name}: ${what}\n`).sort().join('')
  return {
    effects: { stdout: texts.stdout.replace(debugLine, ''), stderr: texts.stderr.replace(debugLine, ''), status, files },
    ms,
    plainReason: said?.[0].includes('warm run') ? undefined : said?.[1] ?? 'unknown',
  }
}

export interface Difference {
  part: keyof Effects
  plain: string
  other: string
}

const parts = ['status', 'stdout', 'stderr', 'files'] as const

/** Times, pids, amounts; hexadecimal ones, too. */
const withoutNumbers = (text: string): string => text.replaceAll(/\b(?:\d[\d.,:]*\d|[\da-f]*\d[\da-f]*)\b/gi, '#')

/** How far plain runs agree, which is as far as others must; undefined: not even but for numbers. */
const agreement = (texts: readonly string[]): ((text: string) => string) | undefined =>
  [(text: string) => text, withoutNumbers].find((view) => new Set(texts.map(view)).size === 1)

/** Parts of which plain runs differ among themselves, by more than numbers. */
export const varyingParts = (plains: readonly Effects[]): (keyof Effects)[] => parts.filter((part) => !agreement(plains.map((each) => each[part])))

/** In what another run differs from the plain ones, which agree. */
export const differences = (plains: readonly Effects[], other: Effects): Difference[] => parts.flatMap((part) => {
  const view = agreement(plains.map((each) => each[part]))
  const plain = plains[0]?.[part] ?? ''
  return view && view(plain) !== view(other[part]) ? [{ part, plain, other: other[part] }] : []
})
