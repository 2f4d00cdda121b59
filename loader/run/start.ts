// What a run repairs in JavaScript, after the native part (native/addon/run_start.cc) and before the program goes on.
import type { Native, Platform } from '../native.js'
import { becomeWarm } from '../warmth.js'
import { takeIdentity } from './identity.js'
import { renewRandom } from './randomness.js'
import { refreshTerminals } from './terminal.js'

/** `streams`: the standard descriptors whose streams were made before the gate. */
export const startRun = (native: Native, platform: Platform, fork: 'run' | 'standby', streams: number[]) => {
  // First: an error in the rest must find its way out, too.
  platform.startRun(native.leaveFunction())
  if (fork === 'standby') process.title = process.title.replace('zygote', 'standby')
  // In there a standby waits for its client.
  takeIdentity(native.becomeRun())
  renewRandom()
  refreshTerminals(streams)
  becomeWarm()
}
