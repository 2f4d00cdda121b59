// `instastart stop [--all | program ...]`: ends zygotes. Their runs go on.
import fs from 'node:fs'
import type { Native } from '../native.js'
import { listPrograms, type ProgramRecord } from '../runtime-dir.js'
import { counted } from './amounts.js'
import { nativeOrFail, usageError, type Command } from './command.js'
import { isZygote } from './program-state.js'

export const realPath = (file: string): string => {
  try {
    return fs.realpathSync(file)
  } catch {
    return file // A program that is gone can still be named by the path that `status` shows.
  }
}

/** `T`: it hears of nothing less than SIGKILL. */
const isHalted = (pid: number): boolean => /\) [Tt]/.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))

/** One that is warming does not listen yet, and one that speaks another version of the protocol does not understand; both know SIGTERM. */
const stopDeaf = (native: Native, { key, manifest: { pid } }: ProgramRecord): boolean => {
  if (pid === undefined || !native.isClaimed(key) || !isZygote(pid, key)) return false
  try {
    return process.kill(pid, isHalted(pid) ? 'SIGKILL' : 'SIGTERM')
  } catch {
    return false // Gone already.
  }
}

/**
 * The base first, from which another zygote could be made. Whoever does not understand closes the conversation, too: one that ends has given
 * its claim up before.
 */
export const stopZygote = (native: Native, record: ProgramRecord): boolean => {
  const hadBase = native.converse(`${record.key}.base`, 'stop') !== undefined
  return (native.converse(record.key, 'stop') !== undefined && !native.isClaimed(record.key)) || stopDeaf(native, record) || hadBase
}

export const stop: Command = {
  summary: 'ends zygotes; programs that run go on',
  usage: '[--json] --all | program ...',
  help: { '--all': 'those of all programs' },
  options: { all: { type: 'boolean' } },
  run({ values, words }) {
    const native = nativeOrFail()
    if (words.length === 0 && !values.all) throw usageError('stop what? Name programs, or --all.')
    const files = words.map(realPath)
    const stopped = listPrograms(native)
      .filter(({ manifest: { entry } }) => values.all || (entry !== undefined && files.includes(entry)))
      .filter((record) => stopZygote(native, record))
      .map(({ key, manifest, report }) => ({ key, entry: manifest.entry ?? null, pid: report?.pid ?? manifest.pid ?? null }))
    if (values.json) process.stdout.write(`${JSON.stringify({ stopped }, undefined, 2)}\n`)
    else process.stdout.write(`${stopped.map(({ entry, key }) => `${entry ?? key}\n`).join('')}${counted(stopped.length, 'zygote')} stopped\n`)
    return 0
  },
}
