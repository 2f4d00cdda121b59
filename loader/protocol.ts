// What the client side and the zygote must agree on, beyond the messages (native/PROTOCOL.md).
import fs from 'node:fs'

/** How a zygote is told that it is one: by its own title, which is what `ps` shows. Followed by the key and the entry. */
const title = 'instastart zygote '

/** On `process`, up to the gate: for another copy of instastart in the same process, which must not ask for a zygote. */
const mark = Symbol.for('instastart.zygote')

/** Returns what takes the mark away. */
export const markAsZygote = (): (() => void) => {
  Object.defineProperty(process, mark, { configurable: true, value: true })
  return () => Reflect.deleteProperty(process, mark)
}

export const isZygote = (): boolean => mark in process

/** The key in a zygote's execArgv; undefined in any other process. */
export const zygoteKey = (execArgv: readonly string[]): string | undefined => {
  const prefix = `--title=${title}`
  return execArgv.findLast((argument) => argument.startsWith(prefix))?.slice(prefix.length).split(' ', 1)[0]
}

const ownPreload = '--require='

interface Preloads {
  /** Our register, where the program was started without it. */
  preload: string | undefined
  /** URL of what loads the packages first, if they are to be. */
  base: string | undefined
}

/**
 * Options of a zygote's Node beyond the user's, after those.
 * Node 20's loader can be customized on its own thread by way of its internals only.
 */
export const zygoteOptions = (key: string, entry: string, nodeMajor: number, { preload, base }: Preloads): string[] => [
  `--title=${title}${key} ${entry}`, ...(preload ? [ownPreload + preload] : []), ...(base ? [`--import=${base}`] : []),
  ...(nodeMajor < 22 ? ['--expose-internals'] : []),
]

/** A package's module, by its URL. `requiredBy`: the own module of CommonJS that requires it first; others are imported. */
export interface BasePackage {
  url: string
  requiredBy?: string
}

/** Packages that are loaded before the program's own modules, in this order; and the files of the latter. */
export interface BasePlan {
  packages: BasePackage[]
  own: string[]
}

/** Takes them out again, in place, before any module looks at execArgv. Tells whether our register was among them. */
export const hideZygoteOptions = (execArgv: string[]): { hadPreload: boolean } => {
  const own = execArgv.splice(execArgv.findLastIndex((argument) => argument.startsWith(`--title=${title}`)))
  return { hadPreload: own.some((argument) => argument.startsWith(ownPreload)) }
}

/** What is remembered about a program, as JSON in `<key>.json`. `since` and `expected` come first: the client reads them without a parser. */
export interface Manifest {
  /** CLOCK_MONOTONIC milliseconds when the zygote was started, and how long it is expected to take. */
  since: number
  expected: number
  entry: string
  node: string
  /** Node's, and ours: other ones have zygotes of their own. */
  nodeVersion: string
  build: string
  /** To the parent: with which its runs are started. */
  channel?: { fd: number; serialization: string }
  /** What is preloaded beside ours, if anything. */
  preloads?: string[]
  pid?: number
  state: 'warming' | 'parked' | 'given-up'
  /** With 'parked': how long the zygote took for what its runs find done, without Node's own start. */
  savesMs?: number
  /** With 'parked': by script (a path or a URL), which questions it was the first to ask, as in native/wire/variant.h. */
  askedBy?: Record<string, string[]>
  /** What the base is to load, that of this zygote or of the next. No packages: there is to be no base. */
  base?: BasePlan | undefined
  /** With 'parked': why the zygote has left. */
  ended?: string
  /** With 'parked', where it went on past its imports: what it was about to do, and in which module. */
  stop?: { act: string; file: string } | undefined
  /** With 'given-up': why there is no zygote. */
  reason?: string
  /** With 'given-up': how often in a row, and when last (Date.now()). */
  failures?: number
  failedAt?: number
  /** In front of which modules the gate has been moved, and for what. */
  gates?: MovedGate[]
  /** Where the gate of a program that goes on past its imports has to be at the latest: in front of this module; of the entry: behind its imports. */
  lastGate?: MovedGate
  /** With 'given-up': the files that took part, with their identities; another try is worth it once one has changed. */
  files?: Record<string, string>
}

/** A module must not be evaluated in a zygote, as the last one has found out: until the file changes. */
export interface MovedGate {
  file: string
  identity: string
  reason: string
}

/** A line of `<first half of the key>.runs`. */
export interface PlainRun {
  /** Date.now(). */
  at: number
  reason: string
  /** Without links. */
  entry: string
}

/** What tells a changed file from an unchanged one, in one text. */
export const identityOf = (file: string): string => {
  const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat ? [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ') : 'absent'
}
