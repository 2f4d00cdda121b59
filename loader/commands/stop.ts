// `instastart stop [--all | program ...]`: ends zygotes. Their runs go on.
import fs from 'node:fs'
import type { Native } from '../native.js'
import { listPrograms, type ProgramRecord } from '../runtime-dir.js'

const realPath = (file: string): string => {
  try {
    return fs.realpathSync(file)
  } catch {
    return file // a program that is gone can still be named by the path that `status` shows
  }
}

const isNamed = (args: string[]) => {
  const files = args.map(realPath)
  return ({ manifest }: ProgramRecord) => manifest.entry !== undefined && files.includes(manifest.entry)
}

/** One that is warming does not listen yet: it is ended by signal, which it has not taken over yet either. */
const stopWarming = ({ manifest }: ProgramRecord): boolean => {
  if (manifest.state !== 'warming' || manifest.pid === undefined) return false
  try {
    return process.kill(manifest.pid, 'SIGTERM')
  } catch {
    return false // gone already
  }
}

export const stop = (native: Native, args: string[]): number => {
  if (args.length === 0) {
    process.stderr.write('instastart: stop what? Name programs, or --all.\n')
    return 2
  }
  const wanted = args.includes('--all') ? () => true : isNamed(args)
  const stopped = listPrograms(native).filter(wanted)
    .filter((record) => native.converse(record.key, 'stop') !== undefined || stopWarming(record))
  process.stdout.write(`${stopped.length} stopped\n`)
  return 0
}
