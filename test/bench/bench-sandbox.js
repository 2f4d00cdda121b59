// A runtime directory and caches of its own, on one Node binary: nothing of yours is touched, and nothing is left.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { isWarm, run } from './measure.js'

const root = path.resolve(import.meta.dirname, '../..')
const dist = path.join(root, 'dist')
export const project = path.join(import.meta.dirname, 'project')
export const register = path.join(dist, 'register.js')
export const instastart = path.join(dist, 'instastart')

const WARM_WITHIN_MS = 60_000

export class BenchSandbox {
  #directory = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-bench-'))
  /** @param {{ execPath: string, version: string, major: number }} node */
  constructor(node) {
    this.node = node
    fs.mkdirSync(path.join(this.#directory, 'runtime'), { mode: 0o700 })
    fs.writeFileSync(this.path('empty.cjs'), '')
  }

  path(name) {
    return path.join(this.#directory, name)
  }

  get runtime() {
    return this.path('runtime')
  }

  env(more = {}) {
    return {
      PATH: `${path.dirname(this.node.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: this.#directory,
      XDG_RUNTIME_DIR: this.runtime,
      XDG_CACHE_HOME: this.path('cache'),
      // The smallest program is kept warm here, to measure it.
      INSTASTART_MIN_SAVING: '0',
      ...more,
    }
  }

  /** @returns {import('./measure.js').Command} */
  command(command, { cwd = project, env = {} } = {}) {
    return { command, cwd, env: this.env(env) }
  }

  /** Warm, by the client. */
  client(args, options) {
    return this.#warm([instastart, ...args], options)
  }

  /** Warm, by the preload. */
  register(args, options) {
    return this.#warm(['node', '--import', register, ...args], options)
  }

  #warm(command, { env } = {}) {
    return { ...this.command(command, { env: { ...env, INSTASTART_DEBUG: '1' } }), mustBeWarm: true }
  }

  plain(args, options) {
    return this.command(['node', ...args], options)
  }

  /** Runs it until a run is warm. */
  async warmUp(command, runOnce = run) {
    const deadline = performance.now() + WARM_WITHIN_MS
    for (;;) {
      const { stderr } = await runOnce({ ...command, mustBeWarm: false })
      if (isWarm(stderr)) return
      if (performance.now() > deadline) throw new Error(`${command.command.join(' ')} did not become warm: ${stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  dispose() {
    spawnSync(process.execPath, [path.join(dist, 'cli.js'), 'stop', '--all'], { env: this.env(), stdio: 'inherit' })
    fs.rmSync(this.#directory, { recursive: true, force: true })
  }
}
