// What a warm run is made of: with a standby waiting, and without one because the run before has just ended.
import path from 'node:path'
import { compare } from '../measure.js'
import { project } from '../bench-sandbox.js'

export const title = 'Mechanism: the client to the end of an empty entry'
export const unit = 'ms'

export const measureMechanism = async (sandbox, { rounds }) => {
  const heavy = path.join(project, 'workloads.mjs')
  const commands = { 'empty entry': sandbox.client([sandbox.path('empty.cjs')]), 'entry that imports typescript': sandbox.client([heavy]) }
  for (const command of Object.values(commands)) await sandbox.warmUp(command)
  const named = (suffix) => Object.fromEntries(Object.entries(commands).map(([name, command]) => [`${name}, ${suffix}`, command]))
  return {
    ...await compare(named('standby'), { rounds, pauseMs: 100 }),
    ...await compare(named('at once'), { rounds }),
  }
}
