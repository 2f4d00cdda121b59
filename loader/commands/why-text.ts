// What `instastart why` says, in plain words.
import path from 'node:path'
import { counted, duration } from './amounts.js'
import { questionsText } from './questions.js'
import { explain, stateWithReason, wordOf } from './reasons.js'
import { aligned, styled, styledState, wrapped } from './style.js'
import type { Facts, ZygoteFacts } from './why.js'

/** How many of the last plain runs are shown. */
const MOST_RUNS = 8

const paragraph = (reason: string, indent: string): string => {
  const { means, helps } = explain(reason)
  return wrapped(means, indent) + wrapped(`What helps: ${helps}`, indent)
}

const nextText = ({ next: { verdict, reason }, zygotes }: Facts): string => {
  if (verdict === 'warm') return `The next run from here is ${styledState('warm')}.\n`
  if (verdict === 'joins') return 'Its zygote is being made: a run from here waits for it, if that is sooner than a plain one.\n'
  const says = reason ?? 'absent'
  const others = says === 'absent' && zygotes.length > 0
    ? wrapped('The zygotes below are for other ways to start it: other directories, Nodes, kinds of terminal or pipe, variables, arguments, by child_process.fork().', '  ')
    : ''
  return `The next run from here is ${styledState('plain')}: ${says}\n${paragraph(says, '  ')}${others}`
}

const engineText = ({ engine, engineReason }: ZygoteFacts): string => {
  if (engine === 'thaw') return ', by thaw'
  return `, by fork${engineReason ? ` (${engineReason}: ${explain(engineReason).means})` : ''}`
}

const stateText = (zygote: ZygoteFacts): string => {
  const served = zygote.hits === null ? '' : `: ${counted(zygote.hits, 'warm run')}, ${zygote.misses} refused${engineText(zygote)}`
  return `${[styledState(zygote.state), ...stateWithReason(zygote.state, zygote.reason)].join(': ')}${served}`
}

/** As many as anybody reads. */
const MOST_ASKERS = 20

const askersText = ({ askedBy }: ZygoteFacts): string[] => {
  // Without those who ask for Node's own variables only.
  const rows = askedBy.map(({ file, questions }) => [path.relative('', file), questionsText(questions)]).filter(([, text]) => text)
  return [...aligned(rows.slice(0, MOST_ASKERS)), ...rows.length > MOST_ASKERS ? [`and ${rows.length - MOST_ASKERS} more modules`] : []]
}

/** `said`: the reason that has been explained already. */
const zygoteText = (zygote: ZygoteFacts, said: string | null): string => {
  const indent = '    '
  const questions = questionsText(zygote.questions)
  const { changed, otherPreloads, movedGates, stop, lastGate, retriedAt, basePackages, ownModules, base } = zygote
  return [
    `  ${stateText(zygote)}\n`,
    wrapped(`${zygote.isFromHere ? 'For runs from here' : 'For runs started in another way'}, Node ${zygote.nodeVersion ?? 'unknown'}${zygote.pid === null ? '' : `, pid ${zygote.pid}`}`, indent),
    zygote.isOfThisNode ? '' : wrapped(`The Node here is ${process.versions.node} (${process.execPath}), which has zygotes of its own.`, indent),
    zygote.isOfThisBuild ? '' : wrapped('It is of another build of instastart, which has zygotes of its own.', indent),
    zygote.reason && zygote.reason !== said ? paragraph(zygote.reason, indent) : '',
    ...movedGates.map((gate) => wrapped(`${zygote.state === 'plain' ? 'The next one\'s gate' : 'Its gate'} ${stop ? 'has moved to' : 'is in front of'} ${gate.file}${stop ? '' : ', which every run evaluates'}: ${gate.reason}`, indent)),
    stop ? wrapped(`It has gone on past the imports, and stopped as ${stop.file} was about ${stop.act}.`, indent) : '',
    lastGate ? wrapped(`It did not go on ${lastGate.file === zygote.entry ? 'past the imports' : `past ${lastGate.file}`}, for nobody could have stopped what came then: ${lastGate.reason}.`, indent) : '',
    basePackages.length > 0 ? wrapped(`After an edit ${base === null ? 'the next one is made once more as a whole, and others after that' : 'the next one is made'} ` +
      `from a base: ${counted(basePackages.length, 'package')} loaded before ${counted(ownModules.length, 'own module')}, which alone are evaluated anew.`, indent) : '',
    otherPreloads.length > 0 ? wrapped(`Preloaded beside instastart, and perhaps the cause: ${otherPreloads.join(' ')}`, indent) : '',
    changed.length > 0 ? wrapped(`Changed since, so the next run tries again: ${changed.join(' ')}`, indent)
      : retriedAt === null ? '' : wrapped(`Tried again once a file changes${retriedAt > Date.now() ? `, or in ${duration(retriedAt - Date.now())}` : ', or at the next run'}.`, indent),
    questions ? wrapped(`Its modules ask for ${questions}: other answers get a zygote of their own.`, indent) : '',
    ...askersText(zygote).map((line) => `${indent}  ${line}\n`),
  ].join('')
}

const runsText = ({ plainRuns }: Facts): string => {
  if (plainRuns.length === 0) return ''
  const last = plainRuns.slice(-MOST_RUNS).reverse()
  const lines = aligned(last.map(({ at, reason, givenUp }) =>
    [`  ${duration(Math.max(0, Date.now() - at))} ago`, givenUp === null ? reason : `${reason}, for its zygote was given up: ${givenUp}`]))
  const explained = [...new Set(last.flatMap(({ reason, givenUp }) => (givenUp === null ? [wordOf(reason)] : [])))]
  return `\n${styled('bold', 'The last plain runs')}\n${lines.map((line) => `${line}\n`).join('')}` +
    explained.map((word) => wrapped(`${word}: ${explain(word).means}`, '  ')).join('')
}

export const whyText = (facts: Facts): string => {
  const zygotes = facts.zygotes.length === 0 ? '' : `\n${styled('bold', 'Zygotes')}\n${facts.zygotes.map((zygote) => zygoteText(zygote, facts.next.reason)).join('')}`
  return `${styled('bold', facts.entry)}\n${nextText(facts)}${zygotes}${runsText(facts)}`
}
