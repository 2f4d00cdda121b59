// A copy of a fixture with a runtime directory, a cache and an environment of its own, on one Node binary.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { NodeBinary } from './nodes.js'
import { startProgram, type Outcome, type ProgramOptions, type RunningProgram } from './program.js'
import { manifestsOf, processesOf, stopAndAssertNothingLeft, untilGone, untilParked, untilSettled, zygotesOf } from './zygotes.js'

const root = path.resolve(import.meta.dirname, '../..')
const fixtures = path.join(root, 'test/fixtures')

/** The built package: dist/, or the one that the environment variable `TEST_DISTRIBUTION` names. */
export const distribution = process.env.TEST_DISTRIBUTION ?? path.join(root, 'dist')

/** How a user runs a program: with plain Node, with our preload, with the command. */
export type Way = 'node' | 'register' | 'client'

/** The two that a zygote can serve. */
export const warmWays = ['register', 'client'] as const

/** How a warm run is made; see native/PROTOCOL.md. */
export const engines = ['fork', 'thaw'] as const

/** 'any' as for a user: thaw as soon as there is an image. The others allow no other, so that a run by it does not pass for one of theirs. */
export type Engine = (typeof engines)[number] | 'any'

/** By the environment variable `TEST_ENGINE`. */
const defaultEngine: Engine = process.env.TEST_ENGINE === 'fork' ? 'fork' : 'thaw'

export type SandboxOptions = Partial<ProgramOptions>

export class Sandbox {
  readonly directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-test-')))
  readonly project = path.join(this.directory, 'project')
  readonly runtime = path.join(this.directory, 'runtime')
  readonly cache = path.join(this.directory, 'cache')
  readonly node: NodeBinary
  engine: Engine
  /** A test of a broken installation puts a copy here. */
  distribution = distribution
  /** A command that executes each run's command: `nice`, `setarch`. */
  wrapper: readonly string[] = []

  constructor(node: NodeBinary, fixture?: string, engine: Engine = defaultEngine) {
    this.node = node
    this.engine = engine
    if (fixture) fs.cpSync(path.join(fixtures, fixture), this.project, { recursive: true })
    else fs.mkdirSync(this.project)
    const packages = path.join(this.project, 'packages')
    if (fs.existsSync(packages)) fs.renameSync(packages, path.join(this.project, 'node_modules'))
    fs.mkdirSync(this.runtime, { mode: 0o700 })
  }

  /** Of every run in it. INSTASTART_DEBUG makes a run tell whether it was warm; the smallest program gets a zygote. */
  env(more: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: `${path.dirname(this.node.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: this.directory,
      XDG_RUNTIME_DIR: this.runtime,
      XDG_CACHE_HOME: this.cache,
      INSTASTART_DEBUG: '1',
      INSTASTART_MIN_SAVING: '0',
      ...this.engine !== 'any' && { INSTASTART_ENGINE: this.engine },
      ...more,
    }
  }

  command(way: Way, args: readonly string[]): [string, ...string[]] {
    const program = {
      node: ['node'],
      client: [path.join(this.distribution, 'instastart')],
      register: ['node', '--import', path.join(this.distribution, 'register.js')],
    }[way]
    return [...this.wrapper, ...program, ...args] as [string, ...string[]]
  }

  start(way: Way, args: readonly string[], { env, ...options }: SandboxOptions = {}): RunningProgram {
    const [command, ...rest] = this.command(way, args)
    return startProgram(command, rest, { cwd: this.project, env: this.env(env), ...options })
  }

  run(way: Way, args: readonly string[], options: SandboxOptions = {}): Promise<Outcome> {
    return this.start(way, args, options).ended
  }

  /** Runs it once and waits for its zygote. Returns what the first run did. */
  async warmUp(way: Way, args: readonly string[], options: SandboxOptions = {}): Promise<Outcome> {
    const before = this.parked().length
    const outcome = await this.run(way, args, options)
    await untilParked(this.runtime, before + 1)
    return outcome
  }

  /** As a dependency of the project, which imports `instastart/auto`. */
  installInstastart() {
    const folder = path.join(this.project, 'node_modules/instastart')
    fs.mkdirSync(folder, { recursive: true })
    fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'))
    fs.symlinkSync(this.distribution, path.join(folder, 'dist'))
  }

  write(file: string, text: string) {
    const target = path.join(this.project, file)
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.writeFileSync(target, text)
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.project, file), 'utf8')
  }

  zygotes = () => zygotesOf(this.runtime)
  processes = () => processesOf(this.runtime)
  manifests = () => manifestsOf(this.runtime)
  parked = () => manifestsOf(this.runtime).filter(({ state, pid }) => state === 'parked' && this.zygotes().some((zygote) => zygote.pid === pid))
  untilParked = (count = 1) => untilParked(this.runtime, count)
  untilSettled = () => untilSettled(this.runtime)

  /** Ends every zygote by this signal. */
  async killZygotes(signal: NodeJS.Signals): Promise<void> {
    const pids = this.zygotes().map(({ pid }) => pid)
    if (pids.length === 0) throw new Error('No zygote to kill.')
    for (const pid of pids) process.kill(pid, signal)
    await untilGone(pids)
  }

  /** For `await using`. */
  [Symbol.asyncDispose] = () => this.dispose()

  /** Fails if a process or file is left. */
  async dispose(): Promise<void> {
    try {
      await stopAndAssertNothingLeft(this.runtime)
    } finally {
      fs.chmodSync(this.runtime, 0o700)
      fs.rmSync(this.directory, { recursive: true, force: true })
    }
  }
}

/** What INSTASTART_DEBUG=1 said. */
export const debugLine = ({ stderr }: Outcome): string => /^instastart: (plain run: .*|warm run.*)$/m.exec(stderr)?.[1] ?? ''

export const isWarm = (outcome: Outcome): boolean => debugLine(outcome).startsWith('warm run')

/** Why the run was plain: the stable word before any detail. */
export const plainReason = (outcome: Outcome): string => /^plain run: ([^:]*)/.exec(debugLine(outcome))?.[1] ?? ''

export const withoutDebugLines = (stderr: string): string => stderr.replaceAll(/^instastart: (plain run: |warm run).*\n/gm, '')
