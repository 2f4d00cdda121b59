// `instastart prove app.ts [arguments]`: runs the program plain and warm, as typed and otherwise, and compares what they do.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { InstastartError } from '../errors.js'
import type { Native } from '../native.js'
import { listPrograms, type ProgramRecord } from '../runtime-dir.js'
import { counted } from './amounts.js'
import { nativeOrFail, usageError, type Command } from './command.js'
import { quoted } from './env.js'
import { programHere } from './program-here.js'
import { isImageComing, stateOf } from './program-state.js'
import { Place } from './prove-place.js'
import { differences, runOnce, varyingParts, type Difference, type ProvedRun, type Situation, type Subject } from './prove-runs.js'
import { stopZygote } from './stop.js'
import { aligned, styled, wrapped } from './style.js'

/** Runs until one is warm: the first makes the zygote, and each that gives up may move the gate. */
const MOST_TRIES = 5

const WARMS_WITHIN_MS = 60_000

const POLL_MS = 50

/** Seconds. Longer is no program that ends. */
const TIMEOUT = 120

const canHaveTerminal = (): boolean => spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0

const situationsOf = (args: readonly string[]): Situation[] => {
  const withEnv = (env: Record<string, string>): Situation => ({ name: Object.entries(env).map(([name, value]) => `${name}=${value}`).join(' '), args, env })
  const withShell = (name: string, shell: (command: string) => string): Situation => ({ name, args, shell })
  return [
    { name: 'as typed', args },
    ...[{ NO_COLOR: '1' }, { FORCE_COLOR: '3' }, { DEBUG: '*' }, { NODE_ENV: 'production' }, { TZ: 'Pacific/Auckland' }, { LANG: 'de_DE.UTF-8' }].map(withEnv),
    withEnv({ INSTASTART_NOBODY_ASKS: '1' }),
    ...args.length > 0 ? [{ name: 'no arguments', args: [] }] : [],
    { name: '--help', args: ['--help'] },
    { name: 'one more argument', args: [...args, 'instastart-prove'] },
    withShell('from another directory', (command) => `cd .. && exec ${command}`),
    withShell('standard input: a pipe', (command) => `printf 'one\\ntwo\\n' | ${command}`),
    withShell('standard output: a file', (command) => `${command} > instastart-prove.txt`),
    withShell('standard output: closed', (command) => `exec ${command} >&-`),
    withShell('standard output: /dev/null', (command) => `exec ${command} > /dev/null`),
    ...canHaveTerminal() ? [withShell('at a terminal', (command) => `exec script -qec ${quoted('bash', command)} /dev/null`)] : [],
  ]
}

/** So that the copy goes, whatever ends this. */
const interruptOf = (signals: readonly NodeJS.Signals[]): AbortSignal => {
  const controller = new AbortController()
  for (const signal of signals) process.once(signal, () => controller.abort(new InstastartError('INSTASTART_INTERRUPTED', `${signal}: nothing is proved.`)))
  return controller.signal
}

export type Verdict = 'equal' | 'different' | 'varies'

interface Proof {
  situation: string
  verdict: Verdict
  /** Parts that already plain runs differ in. */
  varying: string[]
  differences: Difference[]
  isWarm: boolean
  /** Why the last run was plain. */
  reason: string | null
  plainMs: number
  warmMs: number | null
}

/** The program in the copy, whose zygotes are nobody else's. */
const zygotesOf = (native: Native, entry: string): ProgramRecord[] => listPrograms(native).filter(({ manifest }) => manifest.entry === entry)

const untilSettled = async (native: Native, entry: string, interrupt: AbortSignal) => {
  const deadline = performance.now() + WARMS_WITHIN_MS
  const isUnderWay = () => zygotesOf(native, entry).some((record) => stateOf(record).state === 'warming' || isImageComing(record))
  do {
    await pause(POLL_MS)
    interrupt.throwIfAborted()
  } while (isUnderWay() && performance.now() < deadline)
}

const proveIn = async (native: Native, subject: Subject, entry: string, situation: Situation): Promise<Proof> => {
  // What differs between these is not ours.
  const plains = [await runOnce(subject, situation, true), await runOnce(subject, situation, true)]
  const expected = plains.map(({ effects }) => effects)
  const found: Difference[] = []
  let last: ProvedRun
  let tries = 0
  do {
    last = await runOnce(subject, situation, false)
    found.push(...differences(expected, last.effects))
    await untilSettled(native, entry, subject.interrupt)
  } while (last.plainReason !== undefined && ++tries < MOST_TRIES)
  const varying = varyingParts(expected)
  return {
    situation: situation.name,
    verdict: found.length > 0 ? 'different' : varying.length > 0 ? 'varies' : 'equal',
    varying,
    differences: found,
    isWarm: last.plainReason === undefined,
    reason: last.plainReason ?? null,
    plainMs: Math.round(Math.min(...plains.map(({ ms }) => ms))),
    warmMs: last.plainReason === undefined ? Math.round(last.ms) : null,
  }
}

const verdictText = ({ verdict, varying }: Proof): string =>
  (verdict === 'varies' ? `${styled('yellow', 'equal')} but for ${varying.join(', ')}` : styled(verdict === 'equal' ? 'green' : 'red', verdict))

const firstDifference = ({ plain, other }: Difference): [string, string] => {
  const [plainLines, otherLines] = [plain, other].map((text) => text.split('\n')) as [string[], string[]]
  const at = plainLines.findIndex((line, index) => line !== otherLines[index])
  const index = at < 0 ? plainLines.length : at
  return [plainLines[index] ?? '(nothing more)', otherLines[index] ?? '(nothing more)']
}

const differencesText = ({ situation, differences: found }: Proof): string => found.slice(0, 1).map((difference) => {
  const [plain, other] = firstDifference(difference)
  return `${situation}: ${difference.part}\n  plain Node  ${plain}\n  instastart  ${other}\n`
}).join('')

const summaryOf = (proofs: readonly Proof[]): string => {
  const count = (test: (proof: Proof) => boolean) => proofs.filter(test).length
  const different = count(({ verdict }) => verdict === 'different')
  const varies = count(({ verdict }) => verdict === 'varies')
  return `${counted(proofs.length, 'situation')}: ${count(({ isWarm }) => isWarm)} warm, ` +
    `${different === 0 ? 'none different' : `${different} different`}${varies > 0 ? `; in ${varies} of them plain runs differ among themselves` : ''}\n`
}

const proofText = (proofs: readonly Proof[]): string => {
  const rows = proofs.map((proof) => [`  ${proof.situation}`, verdictText(proof), proof.isWarm ? `warm, ${proof.plainMs} ms -> ${proof.warmMs} ms` : `plain: ${proof.reason}`])
  return `${aligned(rows).join('\n')}\n${proofs.map(differencesText).join('')}${summaryOf(proofs)}`
}

export const prove: Command = {
  summary: 'runs a program plain and warm, as typed and otherwise, and compares what they do',
  usage: '[--json] [--in-place] [--only=name] [--timeout=seconds] [--node-option=value ...] program [arguments]',
  help: {
    '--in-place': 'in the directory itself, not in a copy of it: files are not compared, and nothing is undone',
    '--only=name': 'situations whose names have this in them',
    '--timeout=seconds': `how long a run may take (${TIMEOUT})`,
  },
  options: { 'in-place': { type: 'boolean' }, only: { type: 'string' }, timeout: { type: 'string' } },
  takesProgram: true,
  async run(call) {
    const native = nativeOrFail()
    const { args, entry } = programHere(call)
    const timeout = Number(call.values.timeout ?? TIMEOUT)
    if (!(timeout > 0)) throw usageError('--timeout is a number of seconds.')
    const situations = situationsOf(args).filter(({ name }) => name.includes(String(call.values.only ?? '')))
    if (situations.length === 0) throw usageError(`there is no such situation. There are: ${situationsOf(args).map(({ name }) => name).join(', ')}`)
    const isInPlace = call.values['in-place'] === true
    const place = new Place(process.cwd(), isInPlace)
    const copiedEntry = place.pathOf(entry)
    const subject = { place, words: [...call.nodeOptions, copiedEntry], timeout, interrupt: interruptOf(['SIGINT', 'SIGTERM', 'SIGHUP']) }
    const proofs: Proof[] = []
    const isOnTerminal = process.stderr.isTTY
    try {
      for (const situation of situations) {
        if (isOnTerminal) process.stderr.write(`\r\u001b[K${proofs.length + 1} of ${situations.length}: ${situation.name}`)
        proofs.push(await proveIn(native, subject, copiedEntry, situation))
      }
    } finally {
      if (isOnTerminal) process.stderr.write('\r\u001b[K')
      // Those of the copy are of no use any more.
      if (copiedEntry !== entry) for (const record of zygotesOf(native, copiedEntry)) stopZygote(native, record)
      place.dispose()
    }
    if (call.values.json) process.stdout.write(`${JSON.stringify({ entry, situations: proofs }, undefined, 2)}\n`)
    else {
      const where = isInPlace ? 'in this directory' : 'in a copy of this directory'
      process.stdout.write(`${styled('bold', path.relative('', entry))}, ${where}: each twice by plain Node, then by instastart until it is warm\n` +
        `${proofText(proofs)}${wrapped('What it does to other directories, to other machines and to its own time is not compared.', '')}`)
    }
    return proofs.some(({ verdict }) => verdict === 'different') ? 1 : 0
  },
}
