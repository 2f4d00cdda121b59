// The plain runs of a program that are remembered, by native/addon/registry.cc.
import fs from 'node:fs'
import path from 'node:path'
import type { PlainRun } from '../protocol.js'

const parse = (line: string): PlainRun[] => {
  try {
    return [JSON.parse(line) as PlainRun]
  } catch {
    return [] // The end of one that was cut off.
  }
}

export interface RememberedRun {
  at: number
  reason: string
  /** How the keys of its zygotes begin. */
  program: string
}

const read = (file: string): PlainRun[] => fs.readFileSync(file, 'utf8').split('\n').flatMap(parse)

/** Oldest first. */
export const plainRunsOf = (folder: string, entry: string): RememberedRun[] =>
  fs.readdirSync(folder)
    .filter((name) => name.endsWith('.runs'))
    .flatMap((name) => read(path.join(folder, name)).map((run) => ({ ...run, program: path.basename(name, '.runs') })))
    .filter((run) => run.entry === entry)
    .map(({ at, reason, program }) => ({ at, reason, program }))
    .sort((a, b) => a.at - b.at)
