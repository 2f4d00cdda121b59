// What a run repairs in JavaScript, after the native part (native/addon/run_start.cc) and before the program goes on.
import type { Fork, Native, Platform, RunFacts } from '../native.js'
import { becomeWarm } from '../warmth.js'
import { takeIdentity, takeTitle } from './identity.js'
import { refreshTerminals } from './terminal.js'

/** Of a run; made beforehand, in the zygote. */
const facts: RunFacts = { args: [], execArgv: [], parentPid: 0, pid: 0, startedNs: 0n }

/** What the zygote knows of how it has parked. */
export interface Parked {
  /** By process.hrtime.bigint(). */
  atNs: bigint
  /** The standard descriptors whose streams were made before the gate. */
  streams: number[]
  /** What a module has set as the process's title. */
  ownTitle: string | undefined
  /** Node's own `process.argv`. */
  argv: string[]
}

/** Where a program has looked at the clock in its own code, no time may seem to have passed since. */
const renewClock = (native: Native, platform: Platform, parkedNs: bigint) => {
  const back = facts.startedNs > parkedNs ? facts.startedNs - parkedNs : 0n
  platform.renew(facts.startedNs, native.setClockBack(back) ? back : undefined)
}

export const startRun = (native: Native, platform: Platform, fork: Fork, { atNs, streams, ownTitle, argv }: Parked) => {
  // First: an error in the rest must find its way out, too.
  platform.startRun(native.leaveFunction())
  if (fork === 'standby') process.title = process.title.replace('zygote', 'standby')
  // Of an image before it is one: the command line of its runs is their own, which a title would overwrite.
  if (fork === 'image') takeTitle(native)
  // In there a standby waits for its client, and the image is left; its runs come out.
  native.becomeRun(facts)
  renewClock(native, platform, atNs)
  takeIdentity(facts, argv)
  if (fork !== 'image' || ownTitle !== undefined) takeTitle(native, ownTitle)
  refreshTerminals(streams)
  becomeWarm()
}
