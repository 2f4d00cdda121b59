// Runs fixtures in real processes, from copies outside the repository: its own tsconfig and package.json must have no say.
import { execFile, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'
import type { NodeBinary } from '../support/nodes.js'

const root = path.resolve(import.meta.dirname, '../..')
const fixtures = path.join(root, 'test/fixtures/hooks')

export const register = path.join(root, 'dist/register.js')
export const hooks = path.join(root, 'dist/loader.js')
export const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs')

const created: string[] = []

export const temporaryDirectory = (): string => {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'instastart hooks-')))
  created.push(directory)
  return directory
}

afterAll(() => {
  for (const directory of created.splice(0)) fs.rmSync(directory, { recursive: true, force: true })
})

/** A copy of a fixture. Its `packages` become `node_modules`, a name that git ignores; `type` is what its package.json shall say. */
export const copyFixture = (name: string, type?: 'module' | 'commonjs' | 'none'): string => {
  const copy = temporaryDirectory()
  fs.cpSync(path.join(fixtures, name), copy, { recursive: true })
  const packages = path.join(copy, 'packages')
  if (fs.existsSync(packages)) fs.renameSync(packages, path.join(copy, 'node_modules'))
  if (type) fs.writeFileSync(path.join(copy, 'package.json'), JSON.stringify(type === 'none' ? {} : { type }))
  return copy
}

export interface Outcome {
  stdout: string
  stderr: string
  status: number | null
}

export interface RunOptions {
  cwd?: string
  cache?: string
  env?: Record<string, string>
}

const sharedCache = temporaryDirectory()

/** The environment is empty but for what a run needs. */
const processOptions = ({ cwd, cache = sharedCache, env = {} }: RunOptions) => ({
  cwd,
  encoding: 'utf8' as const,
  timeout: 30_000,
  env: { PATH: process.env.PATH, XDG_CACHE_HOME: cache, INSTASTART: '0', ...env },
})

/** Runs node with these arguments. */
export const run = (node: NodeBinary, args: readonly string[], options: RunOptions = {}): Outcome => {
  const { stdout, stderr, status, error } = spawnSync(node.execPath, args, processOptions(options))
  if (error) throw error
  return { stdout, stderr, status }
}

/** The same, beside others. Resolves to what it prints; rejects if it fails. */
export const start = async (node: NodeBinary, args: readonly string[], options: RunOptions = {}): Promise<string> =>
  (await promisify(execFile)(node.execPath, args, processOptions(options))).stdout

/** Both ways to load the hooks: through Node's ESM loader and through its CommonJS loader. */
export const ways = ['--import', '--require'] as const

export const succeeded = (stdout: string): Outcome => ({ stdout, stderr: '', status: 0 })
