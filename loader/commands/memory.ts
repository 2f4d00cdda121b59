// What a zygote costs: pages of its own, and such as it shares with runs, with other zygotes, with files.
import fs from 'node:fs'

export interface Memory {
  ownBytes: number
  sharedBytes: number
  /** Pages that are shared count in part, so that the sum over all processes counts them once (PSS). */
  partBytes: number
}

/** Undefined if the process is gone. */
export const memoryOf = (pid: number): Memory | undefined => {
  try {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const sum = (kinds: string) => [...text.matchAll(new RegExp(`^${kinds}: +(\\d+) kB`, 'gm'))].reduce((total, [, kB]) => total + 1024 * Number(kB), 0)
    return { ownBytes: sum('Private_(?:Clean|Dirty)'), sharedBytes: sum('Shared_(?:Clean|Dirty)'), partBytes: sum('Pss') }
  } catch {
    return undefined
  }
}
