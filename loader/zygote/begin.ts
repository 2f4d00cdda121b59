// A zygote is an ordinary `node <same flags> entry`, up to the gate. This sets up what listens until then, and the gate.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { distribution } from '../distribution.js'
import { installHooks } from '../hooks/install.js'
import { cacheRoot } from '../hooks/transform-cache.js'
import { active } from '../hooks/watcher.js'
import { loadNative, loadPlatform, type Native } from '../native.js'
import { nodeCapabilities } from '../node-capabilities.js'
import { hideZygoteOptions, markAsZygote } from '../protocol.js'
import { settingsFor } from '../settings.js'
import { warmth } from '../warmth.js'
import { becomeBase, type Load } from './base.js'
import { commonjsGate, parkBefore, watchLoading } from './commonjs-gate.js'
import { esmGate } from './esm-gate.js'
import { ExplicitGate } from './explicit-gate.js'
import { GatePlaces } from './gate-places.js'
import { GraphFiles } from './graph-files.js'
import { hideInternals } from './hide-internals.js'
import { Parking } from './parking.js'
import { emptyRandomCaches } from './random-caches.js'
import { learnReaders } from './readers.js'
import { rehearse } from './rehearsal.js'
import { watchArguments } from './watched-arguments.js'
import { watchStdio } from './watched-stdio.js'

/** As modules ask: what the observer hears of each differs in little. */
const learnQuestions = (native: Native) => {
  for (let i = 0; i < 2; i++) {
    native.learnQuestions(false)
    void ('INSTASTART_LEARNING' in process.env)
    native.learnQuestions(true)
    void process.env.INSTASTART_LEARNING
  }
}

/** How loader/base.mts reaches us. */
const baseSymbol = Symbol.for('instastart.base')

export const beginZygote = (key: string) => {
  const native = loadNative(os.constants.dlopen.RTLD_NOW)
  if (typeof native === 'string') throw new Error(native)
  warmth.hasAsked = true
  const { hadPreload } = hideZygoteOptions(process.execArgv)
  const manifest = native.beginZygote(key)
  // Somebody typed our title, or the directory is gone: nothing to serve.
  if (typeof manifest === 'string') process.exit(1)
  if (native.hearsRandomDraws) emptyRandomCaches(native)
  learnQuestions(native)
  learnReaders(native)

  const platform = loadPlatform()
  const entry = fs.realpathSync(process.argv[1] ?? '')
  const files = new GraphFiles(native)
  const settings = settingsFor(entry)
  platform.beginAttribution(distribution + path.sep)
  native.attributeQuestions(platform.noteAskerFunction())
  const noteAsker = (question: string) => platform.noteAsker(question)
  const watchedStdio = watchStdio(noteAsker, () => parking.later.actOfProgram('to make a standard stream'))
  rehearse()
  const watchedArguments = watchArguments(noteAsker, () => parking.later.act('to read its arguments'))
  const parking = new Parking({ native, platform, entry, manifest, files, watchedArguments, watchedStdio, settings, isByAuto: hadPreload })
  const { split, channel } = parking
  if (channel && !(require('./channel.js') as typeof import('./channel.js')).openChannel(native, channel)) parking.giveUp('ipc-channel')
  if (!platform.takeOver()) parking.giveUp('busy-workers')
  // Node 26 makes the array that is looked for when somebody first asks for this.
  void performance.nodeTiming.nodeStart
  if (!native.hearsRandomDraws || !platform.findProcessState()) parking.giveUp('unknown-node')
  const moved = parking.movedGates.map(({ file: name }) => ({ name, covers: (file: string) => file === name }))
  const { lastGate } = parking
  const last = lastGate === undefined || lastGate === entry ? [] : [{ name: lastGate, covers: (file: string) => file === lastGate }]
  const places = new GatePlaces(entry, [...settings.gateBefore, ...moved, ...last])
  const watchCommonJS = (file: string) => commonjsGate(file, explicit, parking)
  const explicit = new ExplicitGate(parking, places, watchCommonJS)
  if (places.isBefore(entry)) parkBefore(entry, parking)
  else watchCommonJS(entry)
  let depth = 0
  const asOwnWork = <Result>(step: () => Result): Result => {
    if (depth++ === 0) native.doOwnWork(true)
    try {
      return step()
    } finally {
      if (--depth === 0) native.doOwnWork(false)
    }
  }
  const consulted = (file: string) => {
    files.consulted(file)
    if (places.isBefore(file)) parkBefore(file, parking)
    if (asOwnWork(() => parking.later.passes(file))) watchLoading(file, parking)
  }
  const gate = esmGate(places, explicit, parking)
  const source = (url: string, text: string) => {
    parking.readSource(text)
    const loaded = split.loaded(url, text)
    return gate.source?.(url, text) ?? loaded
  }
  const resolved: typeof split.resolved = (...step) => {
    split.resolved(...step)
    parking.later.imports()
  }
  const required: typeof split.required = (...step) => asOwnWork(() => split.required(...step))
  installHooks({ inZygote: true, watcher: { ...gate, source, resolved, required, consulted, asOwnWork } })
  // Whoever asks process.argv for it is a module.
  active.entry = entry
  // What a run loads later has no say in the zygote: it is loaded as in a plain run.
  parking.whenOver(() => delete active.watcher)
  parking.whenOver(markAsZygote())
  if (!nodeCapabilities.registerHooks) hideInternals()
  const cache = cacheRoot()
  // Beside the compiled sources there lies the loader's own code (code-cache.ts).
  parking.heedActs(cache === null ? '' : path.dirname(cache))
  if (!split.hasBase) return
  const begin = (load: Load) => becomeBase(load, { native, platform, entry, files, settings, parking, asOwnWork })
  Object.defineProperty(process, baseSymbol, { configurable: true, value: begin })
}
