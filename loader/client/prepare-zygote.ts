// Arranges for the zygote to be started: when this run has evaluated its graph, or at the latest when it exits.
import fs from 'node:fs'
import { baseUrl } from '../distribution.js'
import { observerPath, type Channel, type Native, type Program } from '../native.js'
import { identityOf, zygoteOptions, type BasePlan, type Manifest } from '../protocol.js'
import { leastSavingMs, settingsFor } from '../settings.js'
import { nodeOptions, otherPreloads } from './other-loaders.js'
import { isAskedAgain, makeRoom } from './variants.js'

/** A given-up manifest's reason: the run computed for too short a time. Each further one is measured again. */
const savesLittle = 'saves-little'

/** Reasons of a given-up manifest that say nothing of the program: the next run tries again, whatever has happened. */
const passing: readonly (string | undefined)[] = [savesLittle, 'busy']

export const isPassing = (reason: string | undefined): boolean => passing.includes(reason)

export const parse = (text: string): Partial<Manifest> => {
  try {
    return JSON.parse(text) as Partial<Manifest>
  } catch {
    return {} // new, or cut off by a full disk: as if nothing were known
  }
}

export const isUnchanged = ([file, before]: [string, string]): boolean => identityOf(file) === before

/** Date.now() from which on it is tried again although nothing has changed. */
export const retriedAt = ({ failures = 1, failedAt = 0 }: Partial<Manifest>): number => failedAt + Math.min(30_000 * 2 ** failures, 3_600_000)

/** Failed zygotes are not tried again on every run: only once a file has changed, or after a pause that doubles each time. */
const isWorthTrying = (previous: Partial<Manifest>): boolean => {
  if (previous.state !== 'given-up' || isPassing(previous.reason)) return true
  if (!Object.entries(previous.files ?? {}).every(isUnchanged)) return true
  return Date.now() > retriedAt(previous)
}

export const failuresSoFar = ({ state, reason, failures = 0 }: Partial<Manifest>): number => {
  if (state === 'given-up' && isPassing(reason)) return failures
  // One that is 'warming' although its lock is free was killed or crashed.
  return state === 'warming' || state === 'given-up' ? failures + 1 : 0
}

export interface PrepareOptions {
  /** The run was started by the client, which a zygote saves Node's own start as well. */
  isClients: boolean
  /** Our own, for a program that was started without it. */
  preload: string | undefined
}

interface ZygoteFacts {
  key: string
  /** The manifest of the one before. */
  previous: Partial<Manifest>
  /** Without links. */
  entry: string
  args: string[]
  failures: number
  preload: string | undefined
  channel?: Channel | undefined
}

/** As the last zygote has found out; anew where a package has changed since, which may be another module from now on. */
const basePlanOf = ({ base, ended }: Partial<Manifest>): BasePlan | undefined => {
  const [, stale] = /^stale: (.*)$/s.exec(ended ?? '') ?? []
  return stale === undefined || base?.own.includes(stale) ? base : undefined
}

/** How it is started, and what its manifest says first. */
export const planZygote = (native: Native, program: Program, { key, previous, entry, args, failures, preload, channel }: ZygoteFacts) => {
  const preloads = otherPreloads([...program.execArgv, ...nodeOptions()])
  const gates = (previous.gates ?? []).filter(({ file, identity: before }) => isUnchanged([file, before]))
  const { lastGate } = previous
  const base = basePlanOf(previous)
  const manifest: Partial<Manifest> = {
    entry, node: program.node, nodeVersion: process.versions.node, build: native.build,
    ...preloads.length > 0 && { preloads }, ...channel && { channel },
    ...gates.length > 0 && { gates }, ...lastGate && isUnchanged([lastGate.file, lastGate.identity]) && { lastGate }, base, failures,
  }
  const own = zygoteOptions(key, entry, Number(process.versions.node.split('.')[0]), { preload, base: base?.packages.length ? baseUrl() : undefined })
  return {
    node: program.node,
    argv: [program.argv0, ...program.execArgv, ...own, program.entry, ...args],
    observer: observerPath,
    manifest: JSON.stringify(manifest).slice(1),
  }
}

/**
 * Does nothing if another process is at it already, or if it was in vain lately. Returns why the program is not kept warm, if there is a
 * reason in itself: its package says so, it would save too little so far, or its sandbox ends with it.
 */
export const prepareZygote = (native: Native, program: Program, { isClients, preload }: PrepareOptions): string | undefined => {
  const entry = fs.realpathSync(program.entry)
  const excluded = settingsFor(entry).exclude.find(({ covers }) => covers(entry))
  if (excluded) return `excluded: ${excluded.name}`
  // In a zygote there is no channel yet as they are loaded.
  if (program.hasChannel && otherPreloads([...program.execArgv, ...nodeOptions()]).length > 0) return 'ipc-channel'
  const args = process.argv.slice(2)
  const claim = native.claimProgram({ ...program, args })
  if (typeof claim === 'string') return claim === 'passing-sandbox' ? claim : undefined
  const previous = parse(claim.previous)
  if (!isWorthTrying(previous) || (claim.asksAllArguments && !isAskedAgain(native, claim.key, previous))) {
    native.dropClaim()
    return undefined
  }
  makeRoom(native, claim.key)
  const failures = failuresSoFar(previous)
  native.prepareZygote({
    ...planZygote(native, program, { key: claim.key, previous, entry, args, failures, preload, channel: claim.channel }),
    uptimeMs: Math.round(performance.now()),
    leastCpuMs: isClients ? 0 : leastSavingMs(),
  })
  return previous.reason === savesLittle ? savesLittle : undefined
}
