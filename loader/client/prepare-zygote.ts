// Arranges for the zygote to be started: when this run has evaluated its graph, or at the latest when it exits.
import fs from 'node:fs'
import type { Native, Program } from '../native.js'
import { identity, zygoteOptions, type Manifest } from '../protocol.js'
import { settingsFor } from '../settings.js'

const tickMs = 20
const longestWaitMs = 5000

const parse = (text: string): Partial<Manifest> => {
  try {
    return JSON.parse(text) as Partial<Manifest>
  } catch {
    return {} // new, or cut off by a full disk: as if nothing were known
  }
}

const isUnchanged = ([file, before]: [string, string]): boolean => identity(fs.statSync(file, { bigint: true, throwIfNoEntry: false })) === before

/** Failed zygotes are not tried again on every run: only once a file has changed, or after a pause that doubles each time. */
const isWorthTrying = (previous: Partial<Manifest>): boolean => {
  if (previous.state !== 'given-up') return true
  if (!Object.entries(previous.files ?? {}).every(isUnchanged)) return true
  const pauseMs = Math.min(30_000 * 2 ** (previous.failures ?? 1), 3_600_000)
  return Date.now() - (previous.failedAt ?? 0) > pauseMs
}

const failuresSoFar = (previous: Partial<Manifest>): number =>
  // One that is 'warming' although its lock is free was killed or crashed.
  previous.state === 'given-up' || previous.state === 'warming' ? (previous.failures ?? 0) + 1 : 0

/**
 * Does nothing if another process is at it already, or if it was in vain lately. `preload`: ours, for a program that was started without it.
 * Returns why there is never to be a zygote, if the package says so.
 */
export const prepareZygote = (native: Native, program: Program, preload?: string): string | undefined => {
  const entry = fs.realpathSync(program.entry)
  const excluded = settingsFor(entry).exclude.find(({ covers }) => covers(entry))
  if (excluded) return `excluded: ${excluded.name}`
  const claim = native.claimProgram(program)
  if (typeof claim === 'string') return undefined
  const previous = parse(claim.previous)
  if (!isWorthTrying(previous)) {
    native.dropClaim()
    return undefined
  }
  const args = process.argv.slice(2)
  const manifest: Omit<Manifest, 'since' | 'expected'> =
    { entry, node: program.node, state: 'warming', failures: failuresSoFar(previous) }
  const own = zygoteOptions(claim.key, entry, Number(process.versions.node.split('.')[0]), preload)
  // The opening brace, `since` and `expected` are put in front when it is started.
  native.prepareZygote(program.node, [process.argv0, ...program.execArgv, ...own, program.entry, ...args],
    JSON.stringify(manifest).slice(1), Math.round(performance.now()))
  startWhenQuiet(native)
  return undefined
}

/**
 * Loading keeps a processor busy (on Node 20 on another thread, unseen by hooks); a program that then waits for something does not. One
 * that goes on computing gets its zygote after a while all the same, and one that ends before gets it as it exits.
 */
const startWhenQuiet = (native: Native) => {
  let busyMs = 0
  let before = process.cpuUsage()
  const check = () => {
    const { user, system } = process.cpuUsage(before)
    const isQuiet = user + system < tickMs * 1000 / 2
    if (isQuiet || (busyMs += tickMs) > longestWaitMs) {
      native.startZygote()
      return
    }
    before = process.cpuUsage()
    setTimeout(check, tickMs).unref()
  }
  setTimeout(check, tickMs).unref()
}
