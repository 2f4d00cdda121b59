// A zygote is an ordinary `node <same flags> entry`, up to the gate. This sets up what listens until then, and the gate.
import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import { installHooks } from '../hooks/install.js'
import { loadNative, loadPlatform } from '../native.js'
import { zygoteFlags } from '../protocol.js'
import { installRandom } from '../run/randomness.js'
import { commonjsGate } from './commonjs-gate.js'
import { esmGate } from './esm-gate.js'
import { GraphFiles } from './graph-files.js'
import { hideInternals } from './hide-internals.js'
import { Parking } from './parking.js'
import { watchArguments } from './watched-arguments.js'
import { watchStdio } from './watched-stdio.js'

const ownFlags = zygoteFlags(Number(process.versions.node.split('.')[0]))

/** Takes what only a zygote has out of `execArgv`, in place, before any module looks at it. */
const hideOwnOptions = () => {
  const kept = process.execArgv.filter((argument) => !ownFlags.includes(argument) && !argument.startsWith('--title=instastart zygote '))
  process.execArgv.splice(0, Infinity, ...kept)
}

export const beginZygote = (key: string) => {
  const native = loadNative()
  if (typeof native === 'string') throw new Error(native)
  hideOwnOptions()
  const error = native.beginZygote(key)
  // Somebody typed our title, or the directory is gone: nothing to serve.
  if (error) process.exit(1)

  const platform = loadPlatform()
  const entry = fs.realpathSync(process.argv[1] ?? '')
  installRandom(native)
  const files = new GraphFiles(native)
  const parking = new Parking({ native, platform, entry, files, watchedArguments: watchArguments(), watchedStdio: watchStdio() })
  if (!platform.takeOver()) parking.giveUp('busy-workers')
  const gate = esmGate(pathToFileURL(entry).href, parking)
  commonjsGate(entry, parking)
  installHooks({ inZygote: true, watcher: { ...gate, consulted: files.consulted } })
  if (ownFlags.includes('--expose-internals')) hideInternals()
}
