// A zygote is an ordinary `node <same flags> entry`, up to the gate. This sets up what listens until then, and the gate.
import fs from 'node:fs'
import { installHooks } from '../hooks/install.js'
import { active } from '../hooks/watcher.js'
import { loadNative, loadPlatform } from '../native.js'
import { nodeCapabilities } from '../node-capabilities.js'
import { hideZygoteOptions } from '../protocol.js'
import { installRandom } from '../run/randomness.js'
import { settingsFor } from '../settings.js'
import { warmth } from '../warmth.js'
import { commonjsGate, parkBefore } from './commonjs-gate.js'
import { esmGate } from './esm-gate.js'
import { ExplicitGate } from './explicit-gate.js'
import { GatePlaces } from './gate-places.js'
import { GraphFiles } from './graph-files.js'
import { hideInternals } from './hide-internals.js'
import { Parking } from './parking.js'
import { rehearse } from './rehearsal.js'
import { watchArguments } from './watched-arguments.js'
import { watchStdio } from './watched-stdio.js'

export const beginZygote = (key: string) => {
  const native = loadNative()
  if (typeof native === 'string') throw new Error(native)
  warmth.hasAsked = true
  const { hadPreload } = hideZygoteOptions(process.execArgv)
  const error = native.beginZygote(key)
  // Somebody typed our title, or the directory is gone: nothing to serve.
  if (error) process.exit(1)

  const platform = loadPlatform()
  const entry = fs.realpathSync(process.argv[1] ?? '')
  installRandom(native)
  const files = new GraphFiles(native)
  const settings = settingsFor(entry)
  const watchedStdio = watchStdio()
  rehearse()
  const parking = new Parking({ native, platform, entry, files, watchedArguments: watchArguments(), watchedStdio, settings, isByAuto: hadPreload })
  if (!platform.takeOver()) parking.giveUp('busy-workers')
  const places = new GatePlaces(entry, settings.gateBefore)
  const watchCommonJS = (file: string) => commonjsGate(file, explicit, parking)
  const explicit = new ExplicitGate(parking, places, watchCommonJS)
  watchCommonJS(entry)
  const consulted = (file: string) => {
    files.consulted(file)
    if (places.isBefore(file)) parkBefore(file, parking)
  }
  installHooks({ inZygote: true, watcher: { ...esmGate(places, explicit, parking), consulted } })
  // What a run loads later has no say in the zygote: it is loaded as in a plain run.
  parking.whenOver(() => delete active.watcher)
  if (!nodeCapabilities.registerHooks) hideInternals()
}
