// What a run repairs in JavaScript, after the native part (native/addon/run_start.cc) and before the program goes on.
import type { Fork, Native, Platform, RunFacts } from '../native.js'
import { becomeWarm } from '../warmth.js'
import { takeIdentity, takeTitle } from './identity.js'
import { refreshTerminals } from './terminal.js'

/** Of a run; made beforehand, in the zygote. */
const facts: RunFacts = { args: [], execArgv: [], parentPid: 0, pid: 0, startedNs: 0n }

/** `streams`: the standard descriptors whose streams were made before the gate. `ownTitle`: what a module has set there. */
export const startRun = (native: Native, platform: Platform, fork: Fork, streams: number[], ownTitle?: string) => {
  // First: an error in the rest must find its way out, too.
  platform.startRun(native.leaveFunction())
  if (fork === 'standby') process.title = process.title.replace('zygote', 'standby')
  // Of an image before it is one: the command line of its runs is their own, which a title would overwrite.
  if (fork === 'image') takeTitle(native)
  // In there a standby waits for its client, and the image is left; its runs come out.
  native.becomeRun(facts)
  platform.renew(facts.startedNs)
  takeIdentity(facts)
  if (fork !== 'image' || ownTitle !== undefined) takeTitle(native, ownTitle)
  refreshTerminals(streams)
  becomeWarm()
}
