// What has become of a zygote, by its manifest, by who holds the lock on that, and by what it says of itself.
import fs from 'node:fs'
import { PROGRAM_LENGTH } from '../client/variants.js'
import type { ProgramRecord } from '../runtime-dir.js'

export type State =
  /** Serves runs. */
  | 'warm'
  /** Would, had not a file changed: the next run ends it. */
  | 'stale'
  /** Is being made. */
  | 'warming'
  /** Was given up; runs are plain. */
  | 'plain'
  /** Left. */
  | 'ended'
  /** Is gone without a word. */
  | 'died'
  /** Is there and does not answer: stopped, most likely. */
  | 'silent'

export interface ProgramState {
  state: State
  /** One of reasons.ts; undefined if all is well. */
  reason?: string
}

/** Whether the process still is the one that the manifest tells of. Only the program's half of the key is in its title for good. */
export const isZygote = (pid: number | undefined, key: string): boolean => {
  try {
    return pid !== undefined && fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`instastart zygote ${key.slice(0, PROGRAM_LENGTH)}`) &&
      fs.statSync(`/proc/${pid}`).uid === process.geteuid?.()
  } catch {
    return false // Gone.
  }
}

/** It is made right after the zygote can be asked. */
export const isImageComing = ({ report }: ProgramRecord): boolean =>
  report?.imageBytes === 0 && !report.noImage && process.env.INSTASTART_ENGINE !== 'fork'

export const stateOf = ({ key, manifest, isClaimed, report }: ProgramRecord): ProgramState => {
  if (report) return report.stale ? { state: 'stale', reason: `stale: ${report.stale}` } : { state: 'warm' }
  // Held by a run that is going to make the next zygote, too; then the manifest is still that of the last one.
  if (isClaimed) return manifest.state === 'parked' && isZygote(manifest.pid, key) ? { state: 'silent', reason: 'no-answer' } : { state: 'warming' }
  switch (manifest.state) {
    case 'given-up':
      return { state: 'plain', reason: manifest.reason ?? 'could-not-park' }
    case 'parked':
      return manifest.ended ? { state: 'ended', reason: manifest.ended } : { state: 'died', reason: 'died' }
    case 'warming':
      return { state: 'died', reason: 'died-warming' }
    default:
      return { state: 'ended', reason: 'not-started' }
  }
}
