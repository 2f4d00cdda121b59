// Whole runs, from the start to the end of the output: ours warm, and what people use else.
import path from 'node:path'
import { compare } from '../measure.js'
import { project } from '../bench-sandbox.js'

export const title = 'Totals'
export const unit = 'ms'

const bin = (name) => path.join(project, 'node_modules', '.bin', name)
const demo = path.join(project, '../../demo/program.ts')

const programs = {
  hello: path.join(project, 'hello.ts'),
  graph: path.join(project, 'graph.ts'),
  mid: path.join(project, 'mid.ts'),
  heavy: demo,
}

/** Node's own type stripping is on by default where process.features.typescript says so: 22.18 and later. */
const stripsTypes = ({ major }) => major >= 22

const peers = (sandbox, file) => ({
  ...(stripsTypes(sandbox.node) ? {
    node: sandbox.plain([file]),
    'node, NODE_COMPILE_CACHE': sandbox.plain([file], { env: { NODE_COMPILE_CACHE: sandbox.path('compile-cache') } }),
  } : {}),
  tsx: sandbox.plain(['--import', 'tsx', file]),
  'ts-node (swc)': sandbox.plain(['--loader', 'ts-node/esm', '--no-warnings', file], { env: { TS_NODE_SWC: 'true', TS_NODE_TRANSPILE_ONLY: 'true' } }),
  '@swc-node/register': sandbox.plain(['--import', '@swc-node/register/esm-register', file]),
  bun: sandbox.command([bin('bun'), file]),
  deno: sandbox.command([bin('deno'), 'run', '--allow-all', '--node-modules-dir=manual', file]),
})

/** @returns one table a program; a peer that cannot run it is left out, with its reason on stderr */
export const measureTotals = async (sandbox, { rounds, only }) => {
  const tables = {}
  for (const [name, file] of Object.entries(programs)) {
    if (only && !only.includes(name)) continue
    const ours = {
      'instastart, warm': sandbox.client([file]),
      'instastart, warm, forked': sandbox.client([file], { env: { INSTASTART_ENGINE: 'fork' } }),
      'node --import instastart/register, warm': sandbox.register([file]),
    }
    for (const command of Object.values(ours)) await sandbox.warmUp(command)
    const able = {}
    for (const [peer, command] of Object.entries(name === 'graph' ? {} : peers(sandbox, file))) {
      // Once first: caches are filled then.
      const failure = await compare({ [peer]: command }, { rounds: 1 }).then(() => undefined, (error) => error)
      if (failure) console.error(`${peer} cannot run ${name}: ${failure.message.slice(0, 300)}`)
      else able[peer] = command
    }
    const count = name === 'heavy' ? Math.ceil(rounds / 4) : rounds
    tables[name] = await compare({ ...ours, ...able, 'node --import <empty> <empty>': sandbox.plain(['--import', sandbox.path('empty.cjs'), sandbox.path('empty.cjs')]), 'node -e 0': sandbox.plain(['-e', '0']) }, { rounds: count, pauseMs: 50 })
  }
  return tables
}
