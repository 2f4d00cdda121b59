// `instastart why app.ts [arguments]`: what there is for a run from here, and why the last ones were plain.
import fs from 'node:fs'
import path from 'node:path'
import { isInCi } from '../client/eligibility.js'
import { isPassing, isUnchanged, retriedAt } from '../client/prepare-zygote.js'
import { PROGRAM_LENGTH } from '../client/variants.js'
import type { Native } from '../native.js'
import type { Manifest } from '../protocol.js'
import { listPrograms, type ProgramRecord } from '../runtime-dir.js'
import { settingsFor } from '../settings.js'
import { nativeOrFail, type Command } from './command.js'
import { obstacleHere } from './obstacles.js'
import { plainRunsOf, type RememberedRun } from './plain-runs.js'
import { programHere } from './program-here.js'
import { explain, type Explanation } from './reasons.js'
import { askersOf, questionsOf, readQuestions } from './questions.js'
import { describe } from './status.js'
import { whyText } from './why-text.js'

const withWords = (reason: string | null): Partial<Explanation> => (reason === null ? {} : explain(reason))

/** Of a zygote that gave up: what has changed since, and so makes the next run try again. */
const changedFiles = ({ state, files = {} }: Partial<Manifest>): string[] =>
  (state === 'given-up' ? Object.entries(files).filter((file) => !isUnchanged(file)).map(([file]) => file) : [])

/** Loaders are guilty of threads; the program's own modules of much more. */
const blamed = ({ state, preloads = [] }: Partial<Manifest>): string[] => (state === 'given-up' ? preloads : [])

const zygoteFacts = (native: Native, record: ProgramRecord, keyHere: string | undefined) => {
  const { key, manifest } = record
  const described = describe(native, record)
  const texts = readQuestions(path.join(native.runtimeDirectory() ?? '', `${key.slice(0, PROGRAM_LENGTH)}.asked`))
  return {
    ...described,
    ...withWords(described.reason),
    isFromHere: key === keyHere,
    isOfThisNode: manifest.nodeVersion === process.versions.node && manifest.node !== undefined && sameFile(manifest.node, process.execPath),
    questions: questionsOf(texts),
    askedBy: askersOf(manifest.askedBy ?? {}, texts),
    changed: changedFiles(manifest),
    otherPreloads: blamed(manifest),
    movedGates: manifest.gates ?? [],
    stop: manifest.stop ?? null,
    lastGate: manifest.lastGate ?? null,
    basePackages: (manifest.base?.packages ?? []).map(({ url }) => url),
    ownModules: manifest.base?.own ?? [],
    givenUpAt: manifest.state === 'given-up' ? manifest.failedAt ?? null : null,
    retriedAt: manifest.state === 'given-up' && !isPassing(manifest.reason) ? retriedAt(manifest) : null,
  }
}

export type ZygoteFacts = ReturnType<typeof zygoteFacts>

const sameFile = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((file) => fs.statSync(file, { throwIfNoEntry: false }))
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev
}

const obstacleOf = (entry: string, nodeOptions: string[]): string | undefined => {
  const excluded = settingsFor(entry).exclude.find(({ covers }) => covers(entry))
  return obstacleHere(nodeOptions) ?? (excluded && `excluded: ${excluded.name}`)
}

/** How a run from here would go. */
export type Verdict = 'warm' | 'joins' | 'plain'

const verdictOf = (obstacle: string | undefined, here: ZygoteFacts | undefined): { verdict: Verdict; reason: string | null } => {
  if (obstacle) return { verdict: 'plain', reason: obstacle }
  if (here?.state === 'warm') return { verdict: 'warm', reason: null }
  if (here?.state === 'warming') return { verdict: 'joins', reason: null }
  const reason = here ? here.reason : 'absent'
  // A silent one is there: another would not be made anywhere.
  return { verdict: 'plain', reason: isInCi() && here?.state !== 'silent' ? `ci: ${reason}` : reason }
}

/** A run finds no zygote, and starts none, where one has been given up. */
const givenUpBefore = ({ program, at, reason }: RememberedRun, zygotes: ZygoteFacts[]): string | null =>
  (reason === 'absent' ? zygotes.find(({ key, givenUpAt }) => key.startsWith(program) && givenUpAt !== null && givenUpAt < at)?.reason ?? null : null)

export const factsOf = (native: Native, { program, args, entry }: ReturnType<typeof programHere>, nodeOptions: string[]) => {
  const keyHere = native.programKey({ ...program, args })
  const folder = native.runtimeDirectory()
  const zygotes = listPrograms(native).filter(({ manifest }) => manifest.entry === entry).map((record) => zygoteFacts(native, record, keyHere))
  const runs = folder === undefined ? [] : plainRunsOf(folder, entry)
  const { verdict, reason } = verdictOf(obstacleOf(entry, nodeOptions), zygotes.find(({ isFromHere }) => isFromHere))
  return {
    entry,
    next: { verdict, reason, ...withWords(reason) },
    zygotes,
    plainRuns: runs.map((run) => ({ ...run, ...explain(run.reason), givenUp: givenUpBefore(run, zygotes) })),
  }
}

export type Facts = ReturnType<typeof factsOf>

export const why: Command = {
  summary: 'why runs of a program are plain, or warm',
  usage: '[--json] [--node-option=value ...] program [arguments]',
  help: {},
  options: {},
  takesProgram: true,
  run(call) {
    const facts = factsOf(nativeOrFail(), programHere(call), call.nodeOptions)
    process.stdout.write(call.values.json ? `${JSON.stringify(facts, undefined, 2)}\n` : whyText(facts))
    return 0
  },
}
