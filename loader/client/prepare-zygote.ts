// Arranges for the zygote to be started: when this run has evaluated its graph, or at the latest when it exits.
import fs from 'node:fs'
import { observerPath, type Native, type Program } from '../native.js'
import { identity, zygoteOptions, type Manifest } from '../protocol.js'
import { settingsFor } from '../settings.js'

/** A given-up manifest's reason: the run computed for too short a time. Each further one is measured again. */
const savesLittle = 'saves-little'

/** A forked run costs a few milliseconds of its own: below this nobody would feel the difference. */
const leastSavingMs = (setting = process.env.INSTASTART_MIN_SAVING): number => (setting && Number(setting) >= 0 ? Number(setting) : 30)

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
  if (previous.state !== 'given-up' || previous.reason === savesLittle) return true
  if (!Object.entries(previous.files ?? {}).every(isUnchanged)) return true
  const pauseMs = Math.min(30_000 * 2 ** (previous.failures ?? 1), 3_600_000)
  return Date.now() - (previous.failedAt ?? 0) > pauseMs
}

const failuresSoFar = (previous: Partial<Manifest>): number =>
  // One that is 'warming' although its lock is free was killed or crashed.
  previous.state === 'warming' || (previous.state === 'given-up' && previous.reason !== savesLittle) ? (previous.failures ?? 0) + 1 : 0

export interface PrepareOptions {
  /** The run was started by the client, which a zygote saves Node's own start as well. */
  isClients: boolean
  /** Our own, for a program that was started without it. */
  preload: string | undefined
}

/**
 * Does nothing if another process is at it already, or if it was in vain lately. Returns why the program is not kept warm, if there is a
 * reason in itself: its package says so, or it would save too little so far.
 */
export const prepareZygote = (native: Native, program: Program, { isClients, preload }: PrepareOptions): string | undefined => {
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
  const manifest: Partial<Manifest> = { entry, node: program.node, failures: failuresSoFar(previous) }
  const own = zygoteOptions(claim.key, entry, Number(process.versions.node.split('.')[0]), preload)
  native.prepareZygote({
    node: program.node,
    argv: [process.argv0, ...program.execArgv, ...own, program.entry, ...args],
    preload: observerPath,
    manifest: JSON.stringify(manifest).slice(1),
    uptimeMs: Math.round(performance.now()),
    leastCpuMs: isClients ? 0 : leastSavingMs(),
  })
  return previous.reason === savesLittle ? savesLittle : undefined
}
