// The Node binaries that end-to-end tests run on: of the supported majors, and the one that runs the tests.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

export interface NodeBinary {
  /** `20.20.2`; used in test names. */
  version: string
  major: number
  execPath: string
}

const root = path.resolve(import.meta.dirname, '../..')

const inspectBinary = (execPath: string): NodeBinary => {
  const version = execFileSync(execPath, ['-p', 'process.versions.node'], { encoding: 'utf8', env: {} }).trim()
  return { version, major: Number(version.split('.')[0]), execPath }
}

const findBinaries = (): NodeBinary[] => {
  const own = inspectBinary(process.execPath)
  const installed = [20, 22, 24, 26]
    .map((major) => path.join(root, 'node_modules', `node${major}`, 'bin', 'node'))
    .filter((file) => fs.existsSync(file))
    .map(inspectBinary)
  return installed.some(({ version }) => version === own.version) ? installed : [own, ...installed]
}

const binaries = findBinaries()
const only = process.env.TEST_NODE

/** All four majors, or the binaries whose version starts with the environment variable `TEST_NODE`. */
export const everyNode = only && only !== 'all' ? binaries.filter(({ version }) => version.startsWith(only)) : binaries

/** The oldest and the newest, for half the time: what only 22 or 24 does is found with `TEST_NODE=all` and by `npm run contract`. */
export const nodes = only ? everyNode : everyNode.filter((_, index) => index === 0 || index === everyNode.length - 1)
