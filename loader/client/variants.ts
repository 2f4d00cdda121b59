// Zygotes of one program for other answers (native/wire/variant.h): if all arguments count, only for those that come again; and not too many.
import fs from 'node:fs'
import path from 'node:path'
import type { Native } from '../native.js'
import type { Manifest } from '../protocol.js'
import { listPrograms } from '../runtime-dir.js'

/** How many of a program are kept warm at a time. */
const MOST = 6

/** How many arguments are remembered that came up once. */
const REMEMBERED = 32

/** Hexadecimal digits of a key that are the program's; the rest is its variant's. */
export const PROGRAM_LENGTH = 16

const read = (file: string): string[] => {
  try {
    return fs.readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return [] // none came up yet
  }
}

/** Whether these arguments were used before: those that never come again are not worth a zygote. Remembers them. */
export const isAskedAgain = (native: Native, key: string, previous: Partial<Manifest>): boolean => {
  const folder = native.runtimeDirectory()
  if (!folder) return false
  if (previous.state) return true // a zygote was made for them once
  const file = path.join(folder, `${key.slice(0, PROGRAM_LENGTH)}.seen`)
  const seen = read(file)
  const variant = key.slice(PROGRAM_LENGTH)
  if (seen.includes(variant)) return true
  fs.writeFileSync(file, [...seen, variant].slice(-REMEMBERED).join('\n'), { mode: 0o600 })
  return false
}

/** Ends the zygote that nobody has needed for longest, if there are as many as may be. */
export const makeRoom = (native: Native, key: string) => {
  const programs = listPrograms(native, key.slice(0, PROGRAM_LENGTH))
  const parked = programs.flatMap(({ key: each, report }) => report ? [{ key: each, idleMs: report.idleMs }] : [])
  const surplus = parked.sort((a, b) => b.idleMs - a.idleMs).slice(0, Math.max(0, parked.length - MOST + 1))
  for (const { key: each } of surplus) native.converse(each, 'stop')
}
