// Runs a second, with several in flight.
import { run, summarize } from '../measure.js'

export const title = 'Rate: runs a second'
export const unit = '1/s'

const RUNS = 100

const rate = async (command, inFlight) => {
  let left = RUNS
  const started = performance.now()
  const one = async () => {
    while (left-- > 0) await run(command)
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  return RUNS / ((performance.now() - started) / 1000)
}

export const measureRate = async (sandbox, { rounds }) => {
  const commands = { 'instastart, warm': sandbox.client([sandbox.path('empty.cjs')]), 'node -e 0': sandbox.plain(['-e', '0']) }
  await sandbox.warmUp(commands['instastart, warm'])
  const values = {}
  for (let round = 0; round < Math.ceil(rounds / 10); round++) {
    for (const [name, command] of Object.entries(commands)) {
      for (const inFlight of [1, 4, 16]) (values[`${name}, ${inFlight} in flight`] ??= []).push(await rate(command, inFlight))
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, summarize(list)]))
}
