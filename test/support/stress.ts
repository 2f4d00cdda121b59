// More runs in flight than there are processors: what idle machines hide.
import os from 'node:os'
import { isContract } from './contract.js'
import { isWarm, type Sandbox, type Way } from './sandbox.js'
import type { Outcome } from './program.js'

export interface StressResult {
  warm: number
  /** Those that did not do what the plain run did, with what they did. */
  wrong: Outcome[]
}

/** Runs the same program `count` times. A run that hangs or crashes is among the wrong ones. */
export const stress = async (sandbox: Sandbox, way: Way, args: readonly string[], count: number, expected: string): Promise<StressResult> => {
  const result: StressResult = { warm: 0, wrong: [] }
  let left = count
  const worker = async () => {
    while (left-- > 0) {
      const outcome = await sandbox.run(way, args).catch((error: Error) => ({ stdout: '', stderr: error.message, status: null, signal: null, ms: 0 }))
      if (isWarm(outcome)) result.warm++
      if (outcome.stdout !== expected || outcome.status !== 0) result.wrong.push(outcome)
    }
  }
  await Promise.all(Array.from({ length: Math.max(isContract ? 8 : 0, 3 * os.availableParallelism()) }, worker))
  return result
}
