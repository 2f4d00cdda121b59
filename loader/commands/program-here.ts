// The program as `instastart [options] app.ts [arguments]` would run it from this terminal: the same directory, environment and kinds of
// descriptors, for all of these are this process's, too.
import fs from 'node:fs'
import { registerPath, registerUrl } from '../distribution.js'
import { InstastartError } from '../errors.js'
import type { Program } from '../native.js'
import { usageError, type Call } from './command.js'

export interface ProgramHere {
  program: Program
  args: string[]
  /** Without links. */
  entry: string
}

/** @throws {InstastartError} INSTASTART_USAGE, INSTASTART_NO_PROGRAM */
export const programHere = ({ words: [entry, ...args], nodeOptions }: Pick<Call, 'words' | 'nodeOptions'>): ProgramHere => {
  if (entry === undefined) throw usageError('which program? Name its file.')
  if (!fs.statSync(entry, { throwIfNoEntry: false })?.isFile()) throw new InstastartError('INSTASTART_NO_PROGRAM', `there is no file ${entry}`)
  const program = { node: process.execPath, argv0: 'node', entry, execArgv: ['--import', registerUrl(), ...nodeOptions], registerPath, hasChannel: false }
  return { program, args, entry: fs.realpathSync(entry) }
}
