// The runtime directory as our commands see it: the registry of programs (native/wire/runtime_dir.h has its layout and its rules).
import fs from 'node:fs'
import path from 'node:path'
import type { Native } from './native.js'
import type { Manifest } from './protocol.js'

/** What a parked zygote says of itself. */
export interface ZygoteReport {
  pid: number
  /** Process of the run that is forked in advance; 0: there is none. */
  standby: number
  /** Process of the base that it was made from; 0: there was none. */
  base: number
  /** Forked and under way right now; of those that are thawed it knows nothing any more. */
  runs: number
  served: number
  refused: number
  /** A file that is not any more what it was when the zygote was made; '' if there is none. */
  stale: string
  /** Where changes are not heard of (NFS, FUSE ...): these are looked at for every run. */
  unwatchedFolders: number
  /** Of the image that clients become runs from; 0: there is none (yet). */
  imageBytes: number
  /** Why there cannot be one, so that runs are forked; '' if there can. */
  noImage: string
  idleMs: number
}

export interface ProgramRecord {
  key: string
  manifest: Partial<Manifest>
  /** Its zygote was there, or on its way, just before the manifest was read: only if not, what that says is the last word. */
  isClaimed: boolean
  /** Undefined if nobody answers. */
  report: ZygoteReport | undefined
}

const readManifest = (file: string): Partial<Manifest> => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Manifest>
  } catch {
    return {} // being written right now, or cut off by a full disk
  }
}

/**
 * Every program that the directory knows; none if there is no directory that is ours alone.
 * @param prefix how their keys begin
 */
export const listPrograms = (native: Native, prefix = ''): ProgramRecord[] => {
  const folder = native.runtimeDirectory()
  if (!folder) return []
  return fs.readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.json')).sort().map((name) => {
    const key = path.basename(name, '.json')
    const answer = native.converse(key, 'status')
    const isClaimed = native.isClaimed(key)
    const manifest = readManifest(path.join(folder, name))
    return { key, manifest, isClaimed, report: answer ? JSON.parse(answer) as ZygoteReport : undefined }
  })
}
