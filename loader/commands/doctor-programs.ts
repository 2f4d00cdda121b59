// How the programs fare that were run lately.
import { isPassing } from '../client/prepare-zygote.js'
import { loadNative } from '../native.js'
import { listPrograms } from '../runtime-dir.js'
import { degraded, ok, type Check } from './check.js'
import { counted } from './amounts.js'
import { stateWithReason } from './reasons.js'
import { describe } from './status.js'

const troubled = ['plain', 'died', 'silent']

const troubleOf = ({ entry, key, state, reason }: ReturnType<typeof describe>): string => `${entry ?? key}: ${[state, ...stateWithReason(state, reason)].join(', ')}.`

/** Of what others write on network and FUSE mounts the kernel does not tell, and of no more than a share of what it can (native/addon/watches.cc). */
export const freshnessChecks = (zygotes: Pick<ReturnType<typeof describe>, 'entry' | 'unwatchedFolders'>[]): Check[] => {
  const looking = zygotes.filter(({ unwatchedFolders }) => unwatchedFolders)
  const folders = looking.reduce((sum, { unwatchedFolders }) => sum + (unwatchedFolders ?? 0), 0)
  return folders === 0 ? [] : [degraded('freshness', `${counted(folders, 'folder')} looked at for each run`,
    `The kernel does not tell of changes there, so warm runs of ${looking.map(({ entry }) => entry).join(', ')} take some milliseconds longer. A local file system helps, or a higher /proc/sys/fs/inotify/max_user_watches.`)]
}

export const programChecks = (): Check[] => {
  const native = loadNative()
  if (typeof native === 'string') return []
  const zygotes = listPrograms(native).map((record) => describe(native, record))
  const serving = zygotes.filter(({ state }) => state === 'warm').length
  const inTrouble = zygotes.filter(({ state, reason }) => troubled.includes(state) && !isPassing(reason ?? undefined))
  const foreign = zygotes.filter(({ pid, isOfThisBuild, nodeVersion }) => pid !== null && (!isOfThisBuild || nodeVersion !== process.versions.node))
  return [
    inTrouble.length === 0 ? ok('programs', `${counted(serving, 'zygote')} warm`)
      : degraded('programs', `${serving} warm, ${inTrouble.length} in trouble`,
        `${inTrouble.map(troubleOf).join(' ')} \`instastart why <program>\` explains.`),
    ...freshnessChecks(zygotes),
    ...foreign.length === 0 ? [] : [degraded('versions', `${counted(foreign.length, 'zygote')} of another Node or build of instastart`,
      'They serve runs of theirs only, and leave when nobody needs them any more; at once by `instastart stop --all`.')],
  ]
}
