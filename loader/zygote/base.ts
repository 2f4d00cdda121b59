// The base: a zygote that has loaded the program's packages, and parks in front of its own modules. After an edit only these are evaluated anew,
// in a zygote that is forked from it (native/addon/base.h).
import { inspect } from 'node:util'
import type { Native, Platform } from '../native.js'
import { leastSavingMs, type Settings } from '../settings.js'
import type { GraphFiles } from './graph-files.js'
import { idleMilliseconds } from './idle.js'
import type { AsOwnWork } from './package-loading.js'
import { noBase, type Parking } from './parking.js'

interface BaseOptions {
  native: Native
  platform: Platform
  entry: string
  files: GraphFiles
  settings: Settings
  parking: Parking
  asOwnWork: AsOwnWork
}

/** import(), of where a module can. */
export type Load = (url: string) => Promise<unknown>

/**
 * This process is to be the program's base: loads its packages, and parks. Goes on in each zygote that is made from it; or in this process, if
 * that is not worth another.
 */
export const becomeBase = async (load: Load, { native, platform, entry, files, settings, parking, asOwnWork }: BaseOptions) => {
  const { split } = parking
  /** The next zygote is one without a base, unless the reason says nothing of it. */
  const giveUp = (reason: string, base = noBase) =>
    parking.giveWay({ reason, files: files.identities(), ...!reason.startsWith('changed-while-loading') && { base } })

  parking.hearQuestions()
  const hindrance = parking.beginBase()
  if (hindrance) giveUp(hindrance)
  try {
    await load(split.moduleOfPackages(asOwnWork))
  } catch (error) {
    // Alone, or without the program's own modules before it.
    giveUp(`base-failed: ${inspect(error).split('\n', 1)[0]}`)
  }
  parking.loadsBase = false
  const unfit = asOwnWork(() => split.unfit())
  if (unfit) giveUp(`base-seen: ${unfit.what}`, unfit.plan)
  asOwnWork(() => {
    split.prepare()
    // With what decides on its format: Node knows that by now, and would not look again.
    files.consulted(entry)
  })
  if (parking.msSoFar >= leastSavingMs()) {
    const obstacle = parking.prepareToPark()
    if (obstacle) giveUp(obstacle)
    if (native.wasLookedFor(entry)) giveUp('base-seen: the entry by packages')
    files.forget(entry)
    parking.rename('zygote', 'base')
    platform.quiesce()
    const idleMs = idleMilliseconds(process.env.INSTASTART_IDLE, settings.idle)
    const savesMs = parking.msSoFar
    const zygote = native.parkAsBase({ planned: parking.planned, idleMs, entry, own: split.ownFiles })
    // Everything below is done in a fork of this process, which is a zygote like any other.
    if (!zygote) return giveUp('could-not-park')
    parking.rename('base', 'zygote')
    platform.wake()
    parking.beginInFork(zygote, savesMs)
  }
  parking.whenOver(split.watch(asOwnWork))
}
