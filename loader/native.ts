// The whole boundary to native/addon, and to native/platform, which it needs in a zygote.
import fs from 'node:fs'
import path from 'node:path'
import { distribution } from './distribution.js'

/** Which program this Node is to run; see native/wire/program.h for what makes it one. */
export interface Program {
  /** Path of the Node binary. */
  node: string
  argv0: string
  /** Path of the entry, relative to the working directory or absolute. */
  entry: string
  execArgv: string[]
  /** Our own preload, which does not count among `execArgv`. */
  registerPath: string
}

/** What a run starts with. */
export interface RunFacts {
  /** The entry as the user typed it, then the program's own arguments. */
  args: string[]
  execArgv: string[]
  /** Of the client. */
  parentPid: number
  pid: number
}

export interface ZygotePlan {
  node: string
  argv: string[]
  /** Path of a library to preload. */
  preload: string
  /** JSON without its opening brace, and without what is known only when the zygote is started. */
  manifest: string
  /** For how long this process has run. */
  uptimeMs: number
  /** The processor time that it must use from its claim on for a zygote to be worth it. */
  leastCpuMs: number
}

export interface ParkOptions {
  manifest: string
  /** Milliseconds without a run after which the zygote leaves. */
  idleMs: number
  /** What was asked of argv by text: the text and its position, -1 if absent. */
  argumentPositions: [text: string, position: number][]
  /** The program's arguments, if modules read more of them. */
  wholeArguments: string[] | undefined
  /** The platform's quiesceFunction(). */
  quiesce: bigint
  /** Pairs of a standard descriptor and that of a stream made for it. */
  rebinds: [standard: number, stream: number][]
}

/** What a fork of the zygote is: a run, one that waits for its client, or the image that clients become runs from. */
export type Fork = 'run' | 'standby' | 'image'

export interface Native {
  /** Version and build of the addon. */
  build: string

  // In a client
  /** Replaces this process by the client if a run is to be had, and does not return then; else tells why not. */
  becomeClient(program: Program & { args: string[]; client: string }): string

  // In a starter
  /** The right to make the program's zygote, with what its manifest said so far; or why there is nothing to do. */
  claimProgram(program: Program): { key: string; previous: string } | string
  dropClaim(): void
  /** The claimed zygote is started when this process has come to rest, at the latest as it exits. If it saved too little, the manifest says so. */
  prepareZygote(plan: ZygotePlan): void

  // In a zygote
  /** Lets clients queue. Returns what failed. */
  beginZygote(key: string): string | undefined
  consulted(file: string): void
  /** Why this process cannot be forked as it stands; '' if it can. */
  obstacle(): string
  /** Leaves the manifest and ends this process. */
  abandon(manifest: string): never
  /** Returns in forks and never in the zygote. Undefined if it could not park. */
  park(options: ParkOptions): Fork | undefined

  // In such a fork
  /** Makes it the run of its client, for whom a standby waits. */
  becomeRun(): RunFacts
  fillRandom(into: Float64Array): boolean
  leaveFunction(): bigint

  // In a command
  runtimeDirectory(): string | undefined
  /** The zygote's report (JSON), '' once it is stopping, undefined if nobody answers. */
  converse(socketName: string, what: 'status' | 'stop'): string | undefined
}

const folder = path.join(distribution, 'native')

const loadAddon = (file: string): unknown => {
  const addon = { exports: {} }
  process.dlopen(addon, file)
  return addon.exports
}

/** The addon, or why there is none: not built for this platform, or it cannot be loaded here. */
export const loadNative = (): Native | string => {
  const file = path.join(folder, 'instastart.node')
  try {
    return loadAddon(file) as Native
  } catch (error) {
    return fs.existsSync(file) ? `no-addon: ${(error as Error).message}` : 'no-addon: not built on this machine'
  }
}

export const clientPath = path.join(folder, 'client')

/** Preloaded into zygotes: keeps V8's heap in one place, so that its pages are cheap to fork and to thaw. */
export const observerPath = path.join(folder, 'observer.so')

export const platformPath = path.join(folder, `platform-${process.versions.modules}.node`)

/** `native/platform`: what only works with the headers of one ABI. */
export interface Platform {
  /** Makes Node's worker threads ones that can be stopped; false if they would not come to rest. */
  takeOver(): boolean
  /** One full collection, so that none is under way in the runs. */
  collectGarbage(): void
  /** Stops them, until something is posted. */
  quiesce(): void
  /** Its address, for the addon to call as the very last thing. */
  quiesceFunction(): bigint
  /** In a run: `leave` (native's leaveFunction) ends it from now on, whichever way Node comes to its end. */
  startRun(leave: bigint): void
}

export const loadPlatform = (): Platform => loadAddon(platformPath) as Platform
