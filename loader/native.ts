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
  /** This process was started with one to its parent (child_process.fork). */
  hasChannel: boolean
}

/** To the parent of a process that child_process.fork() has started. */
export interface Channel {
  fd: number
  /** `serialization` of fork(). */
  serialization: string
}

/** What a run starts with. */
export interface RunFacts {
  /** The entry as the user typed it, then the program's own arguments. */
  args: string[]
  execArgv: string[]
  /** Of the client. */
  parentPid: number
  pid: number
  /** When the client's process started: nanoseconds, as of process.hrtime.bigint(). */
  startedNs: bigint
}

export interface ZygotePlan {
  node: string
  argv: string[]
  /** Path of the library to preload. */
  observer: string
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
  /** The program's, as it was started. */
  arguments: string[]
  /** What modules looked for among them. */
  searchedArguments: string[]
  /** They read more than that. */
  asksAllArguments: boolean
  /** The entry, as the zygote was started with it. */
  entry: string
  /** They read process.argv[1]. */
  asksEntry: boolean
  /** Standard descriptors, as digits, of whose terminals they asked for the size. */
  askedSizes: string[]
  /** The platform's quiesceFunction(). */
  quiesce: bigint
  /** Pairs of a standard descriptor and that of a stream made for it. */
  rebinds: [standard: number, stream: number][]
}

/** See native/addon/base.h. */
export interface ParkBaseOptions {
  planned: string
  idleMs: number
  entry: string
  own: readonly string[]
}

/** Of a zygote that ends, to the base that it was made from; see native/addon/base.h. */
export type WordToBase = '' | 'edited' | 'failed'

/** Instead of the first act that others could see, the zygote ends. */
export interface HeedOptions {
  /** Files below are ours. */
  ownFolder: string
  /** JSON to leave, to which the reason is added: where `explain` cannot be asked, for it is another thread that acts. */
  manifest: string
  /** JSON to leave; '' lets the act be done. Called in the middle of it: must do no other. */
  explain: (act: string) => string
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
  /**
   * The right to make the program's zygote for these arguments, with what its manifest said so far; or why there is nothing to do.
   * `asksAllArguments`: the key depends on them.
   */
  claimProgram(program: Program & { args: string[] }): { key: string; previous: string; asksAllArguments: boolean; channel?: Channel } | string
  dropClaim(): void
  /** The claimed zygote is started when this process has come to rest, at the latest as it exits. If it saved too little, the manifest says so. */
  prepareZygote(plan: ZygotePlan): void
  /** At once. False if as many as may be are being made already: the claim stays, for another try. */
  startZygote(plan: ZygotePlan): boolean
  /** Why this process's run is plain, for the history of its program: nothing else is remembered of it but the time and the entry. */
  noteRun(program: Program, reason: string): void

  // In a zygote
  /** Lets clients queue. Returns the descriptor of the manifest, or what failed. */
  beginZygote(key: string): number | string
  /** Of one that leads nowhere, under the number that the runs' has. False if there can be none. */
  openChannel(fd: number): boolean
  consulted(file: string): void
  /** The program begins. False where nobody would hear of acts. */
  heedActs(options: HeedOptions): boolean
  /** The next question about the variable INSTASTART_LEARNING is for its value, or for whether it is there: so that they are told apart later. */
  learnQuestions(isForValue: boolean): void
  /** Whoever reads files and the kernel's figures meanwhile does so for JavaScript. */
  learnReaders(isLearning: boolean): void
  /** `noteAsker`: the platform's noteAskerFunction(), which is told of each question from here on. */
  attributeQuestions(noteAsker: bigint): void
  /** From here on, who asks for the working directory or the standard descriptors is one of the program's modules. */
  hearSurroundings(): void
  /** Acts are not the program's meanwhile. */
  doOwnWork(isOwn: boolean): void
  /** Why this process cannot be forked as it stands; '' if it can. */
  obstacle(): string
  /** Leaves the manifest, and in a file what was printed and `error`, and ends this process. */
  abandon(manifest: string, error: string, wordToBase: WordToBase): never
  /**
   * The program goes on past its imports: what is never the same twice is an act from here on, and where it `heedsQuestions` to ask for the
   * directory and the standard streams. `manifest` (JSON) is left if it does not come to an end within so many seconds, and `manifestOfAct` if
   * another thread acts, with the reason added.
   */
  goOn(options: { manifest: string; manifestOfAct: string; seconds: number; heedsQuestions: boolean }): void
  /** How often Date was asked for the time since goOn(). */
  dateReadings(): number
  /** How many files, directories and named pipes this process has open. */
  openFiles(): number
  /** What is under way in the event loop; '' if nothing is. */
  inFlight(): string
  /** How often OpenSSL was asked for random bytes since beginZygote(); of use only where that can be heard. */
  randomDraws(): number
  /** Not where Node is built without OpenSSL. */
  hearsRandomDraws: boolean
  /** How many handles libuv has. */
  handleCount(): number
  /** The base's packages come next: what Node has looked for so far counts, except the entry. Why it cannot go on, or ''. Then heedActs(). */
  beginBase(entry: string): string
  /** Whether a module of the base's packages has looked for this file. */
  wasLookedFor(file: string): boolean
  /** Returns in each zygote that is made from this base: the descriptor of its manifest, and its pid. Undefined if it could not park. */
  parkAsBase(options: ParkBaseOptions): { manifest: number; pid: number } | undefined
  /** Returns in forks and never in the zygote. Undefined if it could not park. */
  park(options: ParkOptions): Fork | undefined

  // In such a fork
  /** If the program has read the clock (process.hrtime(), performance.now()) since goOn(), it is set back for it. Whether that is so. */
  setClockBack(ns: bigint): boolean
  /** Makes it the run of its client, for whom a standby waits. Fills in the facts. */
  becomeRun(facts: RunFacts): void
  /** /proc/self/comm is what it would be in a process that executed `file`. After the title is set, which sets this, too. */
  takeProcessName(file: string): void
  /** `process.execArgv` of the run, in any thread of it. */
  runOptions(): string[]
  leaveFunction(): bigint

  // In a command
  runtimeDirectory(): string | undefined
  /** Where it is, or would be. */
  runtimePath(): string
  /** What a zygote for such a run is found by; undefined if there cannot be one. */
  programKey(program: Program & { args: string[] }): string | undefined
  /** Whether a zygote is there, or on its way. */
  isClaimed(key: string): boolean
  /** Removes the files under this key. How many bytes; undefined if they are a zygote's. */
  removeLeftovers(key: string): number | undefined
  /** What all zygotes of this user may take together, by the environment. */
  budget(): { bytes: number; zygotes: number }
  /** What the kernel can do for us, by name. */
  kernelAbilities(): Record<string, boolean>
  /** The zygote's report (JSON), '' once it is stopping, undefined if nobody answers. */
  converse(socketName: string, what: 'status' | 'stop'): string | undefined
}

const folder = path.join(distribution, 'native')

/** `flags`: of dlopen(3). */
const loadAddon = (file: string, ...flags: number[]): unknown => {
  const addon = { exports: {} }
  process.dlopen(addon, file, ...flags as [number])
  return addon.exports
}

/**
 * The addon, or why there is none: not built for this platform, or it cannot be loaded here. With RTLD_NOW among the flags its symbols are looked up
 * at once: for a zygote, whose forks would have to do it themselves, each anew.
 */
export const loadNative = (...flags: number[]): Native | string => {
  const file = path.join(folder, 'instastart.node')
  try {
    return loadAddon(file, ...flags) as Native
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
  /** Where Node and V8 keep what `renew` sets. False if that could not be found out. */
  findProcessState(): boolean
  /** Another text after each Math.random(). */
  randomPlace(): string
  /** The contexts (node:vm) that modules have made. */
  noteContexts(): void
  /** One collection, of young objects only or of all, so that none is under way in the runs; several and a smaller heap, if it is to be thorough. */
  collectGarbage(extent: 'young' | 'all' | 'thorough'): void
  /** How many microtasks wait, one that it adds included; undefined where V8 does not let that be found out. */
  waitingJobs(): number | undefined
  /** The name of the script that a function stands in, `node:...` for one of Node's; '' for one in C++. */
  scriptOf(code: (...args: never[]) => unknown): string
  /** From now on it is noted who asks: the innermost script on the stack that is none of Node's and not below this folder. */
  beginAttribution(ownFolder: string): void
  /** `question`: as in native/wire/variant.h. Whether it was found out who asks. */
  noteAsker(question: string): boolean
  noteAskerFunction(): bigint
  /** By script (a path or a URL), what it was the first to ask. */
  askers(): Record<string, string[]>
  /** From now on modules find this `process.title`, and what they set shows nowhere else. */
  holdTitle(shown: string): void
  /** `process.title` is the process's own again. What a module has set it to meanwhile. */
  releaseTitle(): string | undefined
  /** Stops Node's worker threads, until something is posted. */
  quiesce(): void
  /** Its address, for the addon to call as the very last thing. */
  quiesceFunction(): bigint
  /** In a fork that goes on as a zygote. */
  wake(): void
  /** In a run: `leave` (native's leaveFunction) ends it from now on, whichever way Node comes to its end. */
  startRun(leave: bigint): void
  /**
   * In a run, once it has its client: random numbers of its own, and the clock of a process that started then; or, if that is set back, of one that
   * goes on where the zygote has parked.
   */
  renew(startedNs: bigint, setBackNs: bigint | undefined): void
}

export const loadPlatform = (): Platform => loadAddon(platformPath) as Platform
