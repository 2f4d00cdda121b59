// `npm run contract`: every line of the contract with the tests that hold it, in full, and a table of what they measured.
// Exits with 1 if a line does not hold. `npm run contract -- -t 'on Node 24'` and the like narrow it down, for work on one line.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import { lines } from './lines.js'

const root = path.resolve(import.meta.dirname, '../..')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-contract-'))
process.env.CONTRACT_FIGURES = path.join(folder, 'figures')
// Every program of the table with tsx, too.
process.env.PARITY = '1'
process.env.TEST_NODE ??= 'all'

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const vitest = await startVitest('test', filter.length > 0 ? filter : ['test/contract/', 'test/commands/', 'test/e2e/', 'test/hooks/', 'test/native/'], {
  ...options,
  config: path.join(root, 'test/vitest.config.ts'),
  watch: false,
  // Timings suffer from neighbours.
  fileParallelism: false,
})

/** One that never came to its end failed: the process that ran it died. */
const stateOf = (test) => (test.result().state === 'pending' ? 'failed' : test.result().state)

const tests = vitest.state.getTestModules().flatMap((module) => {
  const file = path.relative(path.join(root, 'test'), module.moduleId).replace(/\.test\.ts$/, '')
  const own = [...module.children.allTests()].map((test) => ({ name: `${file} ${test.fullName}`, state: stateOf(test) }))
  // A failed hook (something was left behind) belongs to every line that the file holds.
  const isBroken = module.state() === 'failed' && own.every(({ state }) => state !== 'failed')
  return isBroken ? own.map(({ name }) => ({ name, state: 'failed' })) : own
})
await vitest.close()

const results = lines.map(({ line, tests: pattern }) => {
  const those = tests.filter(({ name, state }) => pattern.test(name) && state !== 'skipped')
  const failed = those.filter(({ state }) => state === 'failed')
  return { line, failed, count: those.length, holds: those.length > 0 && failed.length === 0 }
})

const figures = fs.existsSync(process.env.CONTRACT_FIGURES)
  ? fs.readFileSync(process.env.CONTRACT_FIGURES, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  : []
fs.rmSync(folder, { recursive: true })

console.log('\nFigures')
for (const { node, what, value } of figures) console.log(`  ${node.padEnd(10)} ${what.padEnd(48)} ${value}`)
console.log('\nContract')
for (const { line, failed, count, holds } of results) {
  console.log(`  ${holds ? 'holds         ' : 'DOES NOT HOLD '} ${line} (${count - failed.length} of ${count} checks)`)
  for (const { name } of failed.slice(0, 10)) console.log(`                   ${name}`)
}
const failed = results.filter(({ holds }) => !holds).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
process.stdout.write('', () => process.exit())
