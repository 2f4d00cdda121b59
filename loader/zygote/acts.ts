// What a module must not do in a zygote, for others can see it: each run has to do it itself.
import { identityOf, type MovedGate } from '../protocol.js'
import { moduleUnderEvaluation, scriptsOnStack } from './module-under-evaluation.js'

/** Acts that have a reason of their own. */
const reasons: Record<string, string> = {
  'to draw random bytes': 'randomness-before-gate',
  'to print': 'output-before-gate',
  'to read process.pid': 'identity-before-gate: process.pid',
  'to read process.ppid': 'identity-before-gate: process.ppid',
}

/** libuv's pool is renewed in runs; Workers are not. */
export const isRenewed = (act: string): boolean =>
  act === 'to start a thread of Node' && scriptsOnStack().find((script) => script.startsWith('node:')) !== 'node:internal/worker'

interface Obstacle {
  reason: string
  /** Where the next zygote is to have its gates, if it can be told whose act it is, and this zygote should not have had one there. */
  gates?: MovedGate[]
}

/**
 * Why this act, which somebody is about to do, ends the zygote; undefined if it may be done.
 * @param gates where this zygote has them
 */
export const obstacleOf = (act: string, gates: readonly MovedGate[]): Obstacle | undefined => {
  if (isRenewed(act)) return undefined
  const reason = reasons[act] ?? `act-before-gate: ${act}`
  const file = moduleUnderEvaluation()
  if (file === undefined || gates.some((gate) => gate.file === file)) return { reason }
  return { reason, gates: [...gates, { file, identity: identityOf(file), reason }] }
}
