// The reference for everything is plain Node: a program is run plain, then cold and warm with us, and all that it did is compared.
import fs from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { Outcome } from './program.js'
import { debugLine, isWarm, withoutDebugLines, type Sandbox, type SandboxOptions, type Way } from './sandbox.js'

type Reference = 'node' | 'preload' | 'off'

/** What a run did, as far as anybody but its clock can tell. */
export interface Effects extends Pick<Outcome, 'stdout' | 'stderr' | 'status' | 'signal'> {
  /** Files in the project that it made or changed, by relative path. */
  files: Record<string, string>
}

export interface ParityOptions extends SandboxOptions {
  /**
   * The plain run: bare Node (JavaScript only), Node with a preload that does nothing (a preload by --import has Node load a CommonJS entry
   * through its ES module loader, which shows in the stacks of uncaught errors), or the same command with INSTASTART=0.
   */
  reference?: Reference
  /** Takes out what differs between any two runs: process ids, durations. */
  normalize?: (effects: Effects) => Effects
}

const contents = (folder: string): Map<string, string> => {
  const files = new Map<string, string>()
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(folder, name)
    if (!name.includes('node_modules') && fs.statSync(file).isFile()) files.set(name, fs.readFileSync(file, 'latin1'))
  }
  return files
}

/** Runs it, collects the files that it wrote, and removes those that it made. */
const observe = async (sandbox: Sandbox, run: () => Promise<Outcome>): Promise<{ effects: Effects; outcome: Outcome }> => {
  const before = contents(sandbox.project)
  const outcome = await run()
  const files: Record<string, string> = {}
  for (const [name, text] of contents(sandbox.project)) {
    if (before.get(name) === text) continue
    files[name] = text
    if (!before.has(name)) fs.rmSync(path.join(sandbox.project, name))
  }
  const { stdout, stderr, status, signal } = outcome
  return { outcome, effects: { stdout, stderr: withoutDebugLines(stderr), status, signal, files } }
}

/** The plain run that a run is compared with. */
export const plainRun = (sandbox: Sandbox, way: Way, args: readonly string[], options: SandboxOptions, reference: Reference) => {
  if (reference === 'node') return sandbox.run('node', args, options)
  if (reference === 'preload') return sandbox.run('node', ['--import=data:text/javascript,', ...args], options)
  return sandbox.run(way, args, { ...options, env: { ...options.env, INSTASTART: '0' } })
}

export const referenceFor = (entry = ''): Reference => {
  if (/\.[cm]?tsx?$/.test(entry)) return 'off'
  return entry.endsWith('.cjs') ? 'preload' : 'node'
}

/** Expects the runs to have the same effects, and the last one to be warm. Returns those of the plain run. */
export const expectParity = async (
  sandbox: Sandbox,
  way: Way,
  args: readonly string[],
  { reference = referenceFor(args[0]), normalize = (effects) => effects, ...options }: ParityOptions = {},
): Promise<Effects> => {
  const plain = normalize((await observe(sandbox, () => plainRun(sandbox, way, args, options, reference))).effects)
  const compared = async () => {
    const { effects, outcome } = await observe(sandbox, () => sandbox.run(way, args, options))
    expect(normalize(effects), isWarm(outcome) ? 'the warm run' : 'the first run').toEqual(plain)
    return outcome
  }
  let outcome = await compared()
  if (!isWarm(outcome)) {
    await sandbox.untilSettled()
    outcome = await compared()
  }
  expect(debugLine(outcome), JSON.stringify(sandbox.manifests().filter(({ state }) => state !== 'parked'))).toMatch(/^warm run/)
  return plain
}
