// What a command is to cli.ts, which parses the line, prints the help and reports errors.
import type { ParseArgsConfig } from 'node:util'
import { InstastartError } from '../errors.js'
import { loadNative, type Native } from '../native.js'

export type Values = Record<string, string | boolean | undefined>

export interface Call {
  values: Values
  /** What is not an option; with `takesProgram` from the program's path on. */
  words: string[]
  /** Options of Node's, in the form --name=value, before the program's path. */
  nodeOptions: string[]
}

export interface Command {
  /** One line for the list of commands. */
  summary: string
  /** What follows `instastart <name>`. */
  usage: string
  /** Of each option, in the order of the help: what it does. */
  help: Record<string, string>
  options: NonNullable<ParseArgsConfig['options']>
  /** The first word is a program; what follows it is the program's own. */
  takesProgram?: boolean
  /** Returns the exit status. */
  run(call: Call): number | Promise<number>
}

/** @throws {InstastartError} INSTASTART_NOT_BUILT */
export const nativeOrFail = (): Native => {
  const native = loadNative()
  if (typeof native !== 'string') return native
  throw new InstastartError('INSTASTART_NOT_BUILT', `nothing can be kept warm here (${native}). \`instastart doctor\` says what is missing.`)
}

export const usageError = (message: string): InstastartError => new InstastartError('INSTASTART_USAGE', message)
