// `instastart warm app.ts [arguments]`: makes the zygote now. The program's body is not run; its imports are evaluated, in the background.
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { failuresSoFar, parse, planZygote } from '../client/prepare-zygote.js'
import { makeRoom, PROGRAM_LENGTH } from '../client/variants.js'
import { InstastartError } from '../errors.js'
import type { Native } from '../native.js'
import { listPrograms, type ProgramRecord } from '../runtime-dir.js'
import { settingsFor } from '../settings.js'
import { bytes, duration } from './amounts.js'
import { nativeOrFail, type Command } from './command.js'
import { obstacleHere } from './obstacles.js'
import { programHere, type ProgramHere } from './program-here.js'
import { isImageComing, stateOf, type ProgramState, type State } from './program-state.js'
import { explain } from './reasons.js'
import { describe } from './status.js'
import { stopZygote } from './stop.js'
import { styledState, wrapped } from './style.js'

const IMAGE_WITHIN_MS = 5000

/** One that was told to, or killed. Another may have come in its place by then. */
const ENDS_WITHIN_MS = 2000

const POLL_MS = 25

const plain = (reason: string): InstastartError =>
  new InstastartError('INSTASTART_PLAIN', `runs are plain here: ${reason}\n${explain(reason).means}\nWhat helps: ${explain(reason).helps}`)

/** Tells on a terminal that something goes on. */
const showProgress = (entry: string, startedAt: number) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[Kwarming ${path.basename(entry)} ... ${duration(performance.now() - startedAt)}`)
}

/** Starts it, unless one is there or on its way; as soon as there is a place among those that are being made. */
const begin = async (native: Native, { program, args, entry }: ProgramHere, startedAt: number) => {
  const claim = native.claimProgram({ ...program, args })
  if (claim === 'claimed') return
  if (typeof claim === 'string') throw plain(claim)
  makeRoom(native, claim.key)
  const previous = parse(claim.previous)
  const plan = {
    ...planZygote(native, program, { key: claim.key, previous, entry, args, failures: failuresSoFar(previous), preload: undefined }),
    // By which clients reckon how long to wait for it: how long it took last time.
    uptimeMs: Math.round(previous.expected ?? performance.now()),
    leastCpuMs: 0,
  }
  while (!native.startZygote(plan)) {
    showProgress(entry, startedAt)
    await pause(POLL_MS)
  }
}

/** The zygote for such a run, as it is now: it may have moved to the key that its own answers give. */
const look = (native: Native, { program, args }: ProgramHere): ProgramState & { record: ProgramRecord } => {
  const key = native.programKey({ ...program, args }) ?? ''
  const record = listPrograms(native, key)[0]
  if (record) return { record, ...stateOf(record) }
  // Or is just about to.
  const isMoving = listPrograms(native, key.slice(0, PROGRAM_LENGTH)).some((other) => stateOf(other).state === 'warming')
  return { record: { key, manifest: {}, isClaimed: false, report: undefined }, ...isMoving ? { state: 'warming' } : { state: 'ended', reason: 'not-started' } }
}

/** Gone is one only if it is twice: while it moves, there may be no manifest that anybody holds. */
const untilDecided = async (native: Native, here: ProgramHere, startedAt: number) => {
  let before: State = 'warming'
  for (;;) {
    const { state } = look(native, here)
    const isGone = state === 'ended' || state === 'died'
    if (state !== 'warming' && (!isGone || state === before)) return state
    before = state
    showProgress(here.entry, startedAt)
    await pause(POLL_MS)
  }
}

const untilImage = async (native: Native, here: ProgramHere) => {
  const deadline = performance.now() + IMAGE_WITHIN_MS
  let found = look(native, here)
  while (found.state === 'warm' && isImageComing(found.record) && performance.now() < deadline) {
    await pause(POLL_MS)
    found = look(native, here)
  }
  return found
}

const movedGates = ({ record }: { record: ProgramRecord }): number => record.manifest.gates?.length ?? 0

const makeWarm = async (native: Native, here: ProgramHere, startedAt: number) => {
  const before = look(native, here)
  if (before.state === 'stale' || before.state === 'silent') {
    stopZygote(native, before.record)
    const deadline = performance.now() + ENDS_WITHIN_MS
    while (native.isClaimed(before.record.key) && performance.now() < deadline) await pause(POLL_MS)
  }
  // One that gives up for a module may have told where the next one's gate is to be.
  for (let gates = movedGates(before); ;) {
    await begin(native, here, startedAt)
    if (await untilDecided(native, here, startedAt) === 'warm') return untilImage(native, here)
    const found = look(native, here)
    if (movedGates(found) <= gates) return found
    gates = movedGates(found)
  }
}

export const warm: Command = {
  summary: 'makes a program\'s zygote now, so that its first run is warm',
  usage: '[--json] [--node-option=value ...] program [arguments]',
  help: {},
  options: {},
  takesProgram: true,
  async run(call) {
    const startedAt = performance.now()
    const native = nativeOrFail()
    const here = programHere(call)
    const excluded = settingsFor(here.entry).exclude.find(({ covers }) => covers(here.entry))
    const obstacle = obstacleHere(call.nodeOptions) ?? (excluded && `excluded: ${excluded.name}`)
    if (obstacle) throw plain(obstacle)
    const { record, state, reason } = await makeWarm(native, here, startedAt)
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    const isWarm = state === 'warm'
    if (call.values.json) process.stdout.write(`${JSON.stringify({ ...describe(native, record), entry: here.entry, ms: Math.round(performance.now() - startedAt) }, undefined, 2)}\n`)
    else {
      const { imageBytes = 0, pid } = record.report ?? {}
      const engine = imageBytes > 0 ? `by thaw, from ${bytes(imageBytes)}` : 'by fork'
      process.stdout.write(isWarm ? `${here.entry} is ${styledState('warm')} (pid ${pid}), ${engine}, after ${duration(performance.now() - startedAt)}\n`
        : `${here.entry} stays ${styledState('plain')}: ${reason}\n${wrapped(explain(reason ?? 'died').means, '  ')}${wrapped(`What helps: ${explain(reason ?? 'died').helps}`, '  ')}`)
    }
    return isWarm ? 0 : 1
  },
}
