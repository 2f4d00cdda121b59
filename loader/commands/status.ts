// `instastart status`: one line a program.
import type { Native } from '../native.js'
import { listPrograms, type ProgramRecord, type ZygoteReport } from '../runtime-dir.js'

const stateOf = ({ manifest, report }: ProgramRecord): string => {
  if (report) return `warm (pid ${report.pid}), ${engineOf(report)}`
  if (manifest.state === 'given-up') return `plain: ${manifest.reason ?? 'given up'}`
  return manifest.state === 'warming' ? 'warming, or died while warming' : 'ended'
}

const engineOf = ({ imageBytes, noImage }: ZygoteReport): string => {
  if (imageBytes > 0) return `by thaw, from ${Math.round(imageBytes / 2 ** 20)} MB`
  return `by fork${noImage && `: ${noImage}`}`
}

const lineOf = (record: ProgramRecord): string => {
  const { manifest, report } = record
  const unwatched = report?.unwatchedFolders ? `, ${report.unwatchedFolders} folders looked at for each` : ''
  const counts = report ? `, ${report.served} runs served, ${report.runs} now, ${report.refused} refused, idle ${Math.round(report.idleMs / 1000)} s${unwatched}` : ''
  return `${manifest.entry ?? record.key}\n    ${stateOf(record)}${counts}\n`
}

export const printStatus = (native: Native): number => {
  const programs = listPrograms(native)
  process.stdout.write(programs.length > 0 ? programs.map(lineOf).join('') : 'No program has been run with instastart yet.\n')
  return 0
}
