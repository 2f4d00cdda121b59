// How fast a warm run is once it has started: the time that the work itself takes, as the program measures it.
import path from 'node:path'
import { compare } from '../measure.js'
import { project } from '../bench-sandbox.js'

export const title = 'Throughput: milliseconds of work inside a run'
export const unit = 'ms'

const file = path.join(project, 'workloads.mjs')
const names = ['tsc', 'json', 'regexp', 'jit', 'wasm', 'workers', 'spawns', 'http']

export const measureThroughput = async (sandbox, { rounds, only = names }) => {
  const tables = {}
  for (const name of names.filter((each) => only.includes(each))) {
    // No argument: typescript reads all of them as it is imported.
    const env = { WORKLOAD: name }
    const warm = sandbox.client([file], { env })
    await sandbox.warmUp(warm)
    tables[name] = await compare({ plain: sandbox.plain([file], { env }), warm }, {
      rounds, pauseMs: 100, measured: ({ stdout }) => JSON.parse(stdout).ms,
    })
  }
  return tables
}
