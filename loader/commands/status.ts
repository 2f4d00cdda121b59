// `instastart status`: a line for each zygote, and for each program that has none and a reason for it.
import type { Native } from '../native.js'
import { listPrograms, type ProgramRecord, type ZygoteReport } from '../runtime-dir.js'
import { bytes, counted, duration } from './amounts.js'
import { nativeOrFail, type Command } from './command.js'
import { memoryOf } from './memory.js'
import { stateOf } from './program-state.js'
import { stateWithReason } from './reasons.js'
import { aligned, styled, styledState } from './style.js'

/** CLOCK_MONOTONIC, as `since` in a manifest. */
const nowMs = () => Number(process.hrtime.bigint() / 1_000_000n)

/** What native/addon/budget.cc counts of a zygote. */
const memoryFacts = (report: ZygoteReport | undefined) => {
  const memory = report && memoryOf(report.pid)
  if (!memory) return { ownBytes: null, sharedBytes: null, usedBytes: null }
  const { ownBytes, sharedBytes, partBytes } = memory
  const partOf = (pid: number) => memoryOf(pid)?.partBytes ?? 0
  return { ownBytes, sharedBytes, usedBytes: partBytes + partOf(report.standby) + partOf(report.base) + report.imageBytes }
}

export const describe = (native: Native, record: ProgramRecord) => {
  const { key, manifest, report } = record
  const { state, reason } = stateOf(record)
  const isThere = report !== undefined || state === 'warming' || state === 'silent'
  return {
    key,
    entry: manifest.entry ?? null,
    state,
    reason: reason ?? null,
    node: manifest.node ?? null,
    nodeVersion: manifest.nodeVersion ?? null,
    build: manifest.build ?? null,
    isOfThisBuild: manifest.build === native.build,
    base: report?.base || null,
    pid: report?.pid ?? (isThere ? manifest.pid ?? null : null),
    engine: report ? (report.imageBytes > 0 ? 'thaw' : 'fork') : null,
    engineReason: report?.noImage || null,
    ageMs: isThere && manifest.since !== undefined ? Math.max(0, nowMs() - manifest.since) : null,
    idleMs: report?.idleMs ?? null,
    hits: report?.served ?? null,
    misses: report?.refused ?? null,
    runs: report?.runs ?? null,
    savedMs: report ? report.served * (manifest.savesMs ?? 0) : null,
    imageBytes: report?.imageBytes ?? null,
    unwatchedFolders: report?.unwatchedFolders ?? null,
    ...memoryFacts(report),
  }
}

type Description = ReturnType<typeof describe>

const sum = (zygotes: Description[], amountOf: (zygote: Description) => number | null) =>
  zygotes.reduce((total, zygote) => total + (amountOf(zygote) ?? 0), 0)

const totalsOf = (native: Native, zygotes: Description[]) => ({
  zygotes: zygotes.filter(({ pid }) => pid !== null).length,
  ownBytes: sum(zygotes, ({ ownBytes }) => ownBytes),
  imageBytes: sum(zygotes, ({ imageBytes }) => imageBytes),
  savedMs: sum(zygotes, ({ savedMs }) => savedMs),
  usedBytes: sum(zygotes, ({ usedBytes }) => usedBytes),
  budget: native.budget(),
})

const amount = (value: number | null, write: (value: number) => string = String): string => (value === null ? '-' : write(value))

const headings = ['STATE', 'ENGINE', 'NODE', 'PID', 'AGE', 'HITS', 'MISSES', 'OWN', 'SHARED', 'IMAGE', 'SAVED', 'PROGRAM']

const rowOf = (zygote: Description): string[] => [
  styledState(zygote.state), zygote.engine ?? '-', zygote.nodeVersion ?? '-', amount(zygote.pid), amount(zygote.ageMs, duration), amount(zygote.hits), amount(zygote.misses),
  amount(zygote.ownBytes, bytes), amount(zygote.sharedBytes, bytes), zygote.imageBytes ? bytes(zygote.imageBytes) : '-', amount(zygote.savedMs, duration), zygote.entry ?? zygote.key,
]

const notesOf = ({ state, reason, engineReason, unwatchedFolders, isOfThisBuild, pid }: Description): string[] => [
  ...stateWithReason(state, reason),
  ...engineReason ? [`not by thaw: ${engineReason}`] : [],
  ...unwatchedFolders ? [`${counted(unwatchedFolders, 'folder')} looked at for each run`] : [],
  ...pid !== null && !isOfThisBuild ? ['made by another build of instastart, which it serves'] : [],
]

const print = (native: Native, zygotes: Description[]) => {
  if (zygotes.length === 0) {
    process.stdout.write('No program has been run with instastart yet.\n')
    return
  }
  const [heading = '', ...lines] = aligned([headings, ...zygotes.map(rowOf)])
  process.stdout.write(`${styled('bold', heading)}\n`)
  zygotes.forEach((zygote, i) => {
    process.stdout.write(`${lines[i]}\n${notesOf(zygote).map((note) => `    ${styled('dim', note)}\n`).join('')}`)
  })
  const { zygotes: count, imageBytes, savedMs, usedBytes, budget } = totalsOf(native, zygotes)
  process.stdout.write(`${counted(count, 'zygote')} of ${budget.zygotes}: ${bytes(usedBytes)} of ${bytes(budget.bytes)}, images (${bytes(imageBytes)}) included; ${duration(savedMs)} saved so far\n`)
  if (zygotes.some(({ reason }) => reason)) process.stdout.write('`instastart why <program>` explains.\n')
}

export const status: Command = {
  summary: 'what is kept warm',
  usage: '[--json]',
  help: {},
  options: {},
  run({ values }) {
    const native = nativeOrFail()
    const zygotes = listPrograms(native).map((record) => describe(native, record))
    if (values.json) process.stdout.write(`${JSON.stringify({ zygotes, totals: totalsOf(native, zygotes) }, undefined, 2)}\n`)
    else print(native, zygotes)
    return 0
  },
}
