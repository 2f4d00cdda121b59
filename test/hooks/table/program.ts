// A row that is a program of its own: what it does depends on its tsconfig, on flags of Node, or it ends by an error.
import path from 'node:path'
import type { NodeBinary } from '../../support/nodes.js'
import { run, temporaryDirectory, type Outcome } from '../run.js'
import { writeFiles } from './project.js'

export interface Program {
  /** A sentence. */
  name: string
  /** By path. The first one is the entry. */
  files: Record<string, string>
  /** What it prints, line by line. */
  prints: readonly string[]
  /** Flags of Node. */
  flags?: readonly string[]
  env?: Record<string, string>
  /** Relative to the project, by default it. */
  cwd?: string
  /** Where tsx prints, or says, something else and is wrong. */
  tsx?: { because: string; on?: readonly number[]; prints: readonly string[] | RegExp }
}

const directories = new Map<Program, string>()

/** Written once: a program that runs leaves its files as they are. */
const directoryOf = (program: Program): string => {
  let directory = directories.get(program)
  if (directory === undefined) {
    directory = temporaryDirectory()
    directories.set(program, directory)
    writeFiles(directory, { 'package.json': '{"type":"module"}', ...program.files })
  }
  return directory
}

export const runProgram = (program: Program, node: NodeBinary, preload: readonly string[]): Outcome => {
  const directory = directoryOf(program)
  const entry = path.join(directory, Object.keys(program.files)[0] ?? '')
  return run(node, [...preload, ...program.flags ?? [], entry], { cwd: path.join(directory, program.cwd ?? ''), env: program.env ?? {} })
}

export const printed = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
