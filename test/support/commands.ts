// Our own commands, as a user calls them, with what they print as JSON.
import type { Outcome } from './program.js'
import type { Sandbox, SandboxOptions } from './sandbox.js'

export interface ZygoteSeen {
  key: string
  entry: string
  state: string
  reason: string | null
  pid: number | null
  node: string
  nodeVersion: string
  engine: string | null
  hits: number | null
  misses: number | null
  ageMs: number | null
  savedMs: number | null
  ownBytes: number | null
  sharedBytes: number | null
  imageBytes: number | null
}

export interface QuestionsSeen {
  arguments: string[]
  allArguments: boolean
  variables: string[]
  surroundings: string[]
}

export interface WhySeen {
  entry: string
  next: { verdict: string; reason: string | null; means?: string; helps?: string }
  zygotes: (ZygoteSeen & {
    means?: string
    isFromHere: boolean
    isOfThisNode: boolean
    questions: QuestionsSeen
    askedBy: { file: string; questions: QuestionsSeen }[]
    changed: string[]
    otherPreloads: string[]
    stop: { act: string; file: string } | null
    lastGate: { file: string; reason: string } | null
  })[]
  plainRuns: { at: number; reason: string; means: string; givenUp: string | null }[]
}

export interface CheckSeen {
  name: string
  state: 'ok' | 'degraded' | 'failed'
  found: string
  advice?: string
}

/** The kinds of descriptors are those of the sandbox's runs. */
export const runCommand = (sandbox: Sandbox, words: readonly string[], options: SandboxOptions = {}): Promise<Outcome> => sandbox.run('client', words, options)

const json = async (sandbox: Sandbox, [name = '', ...words]: readonly string[], options: SandboxOptions = {}): Promise<unknown> => {
  const { stdout, stderr } = await runCommand(sandbox, [name, '--json', ...words], options)
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`No JSON: ${stdout}${stderr}`)
  }
}

export const statusOf = async (sandbox: Sandbox, options?: SandboxOptions): Promise<ZygoteSeen[]> =>
  (await json(sandbox, ['status'], options) as { zygotes: ZygoteSeen[] }).zygotes

export interface BudgetSeen {
  usedBytes: number
  budget: { bytes: number; zygotes: number }
}

export const budgetOf = async (sandbox: Sandbox, options?: SandboxOptions): Promise<BudgetSeen> =>
  (await json(sandbox, ['status'], options) as { totals: BudgetSeen }).totals

export const whyOf = async (sandbox: Sandbox, words: readonly string[], options?: SandboxOptions): Promise<WhySeen> =>
  await json(sandbox, ['why', ...words], options) as WhySeen

export const checksOf = async (sandbox: Sandbox, options?: SandboxOptions): Promise<CheckSeen[]> =>
  (await json(sandbox, ['doctor'], options) as { checks: CheckSeen[] }).checks

export const checkOf = async (sandbox: Sandbox, name: string, options?: SandboxOptions): Promise<CheckSeen | undefined> =>
  (await checksOf(sandbox, options)).find((check) => check.name === name)

export const jsonOf = json
