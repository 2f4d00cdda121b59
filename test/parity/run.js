// npm run parity [-- --node 24 --only tsc --rounds 9 --json file]: command-line tools that people have, unmodified, plain and warm. README.md has the method.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { tools } from './tools.js'

const list = { type: 'string', multiple: true }
const { values } = parseArgs({ options: { node: list, only: list, rounds: { type: 'string', default: '9' }, json: { type: 'string' }, quick: { type: 'boolean' } } })

const root = path.resolve(import.meta.dirname, '../..')
const project = path.join(import.meta.dirname, 'project')
const command = path.join(root, 'dist/instastart')
const rounds = Number(values.rounds)
if (!(rounds >= 1)) throw new Error(`--rounds must be a number above 0, not ${values.rounds}.`)
const chosen = tools.filter(({ name }) => !values.only || values.only.includes(name))
if (chosen.length === 0) throw new Error(`There is no tool ${values.only?.join(', ')}, but ${tools.map(({ name }) => name).join(', ')}.`)

if (!fs.existsSync(path.join(project, 'node_modules'))) {
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--workspaces=false']
  const { status } = spawnSync('npm', args, { cwd: project, stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm install in ${project} failed.`)
}

const MOST_TRIES = 6
const SETTLES_WITHIN_MS = 10_000

/** A runtime directory, a home and caches of its own, so that nothing of this user's is asked or left. */
const environmentFor = (node, folder) => ({
  PATH: `${path.dirname(node)}:/usr/bin:/bin`,
  HOME: path.join(folder, 'home'),
  TMPDIR: path.join(folder, 'tmp'),
  XDG_RUNTIME_DIR: path.join(folder, 'run'),
  XDG_CACHE_HOME: path.join(folder, 'cache'),
  INSTASTART_DEBUG: '1',
})

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

const timed = (file, args, env) => {
  const before = performance.now()
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: project, env, encoding: 'utf8', timeout: 120_000 })
  if (error) throw error
  return { ms: performance.now() - before, status, stdout, reason: /^instastart: plain run: (.*)$/m.exec(stderr)?.[1] }
}

/** Of runs that are warm, and of plain ones between them; without times where none is. */
const timesOf = async (words, env) => {
  let last
  for (let i = 0; i < MOST_TRIES; i++) {
    last = timed(command, words, env)
    if (last.reason === undefined) break
    for (let waited = 0; waited < SETTLES_WITHIN_MS; waited += 250) {
      await pause(250)
      const programs = JSON.parse(execFileSync(command, ['status', '--json'], { env, encoding: 'utf8' })).zygotes
      if (!programs.some(({ state }) => state === 'warming')) break
    }
  }
  if (last.reason !== undefined) return { reason: last.reason }
  const plain = [], warm = []
  for (let i = 0; i < rounds; i++) {
    plain.push(timed(path.join(env.PATH.split(':')[0], 'node'), words, env).ms)
    const run = timed(command, words, env)
    if (run.reason === undefined) warm.push(run.ms)
  }
  return { plainMs: median(plain), warmMs: median(warm), warmRuns: warm.length }
}

/** Tools tell how long they took; two plain runs may by chance have taken as long as each other. */
const withoutTimes = (text) => text.replace(/\b\d+(?:\.\d+)? ?(?:ms|s)\b/g, 'TIME')

const isOfTimesOnly = ({ plain, other }) => withoutTimes(plain) === withoutTimes(other)

const withoutDifferencesOfTimes = (situation) => {
  const differences = situation.differences.filter((difference) => !isOfTimesOnly(difference))
  return situation.verdict === 'different' && differences.length === 0 ? { ...situation, verdict: 'varies', differences } : { ...situation, differences }
}

const proofOf = (words, env, only) => {
  const { stdout, stderr } = spawnSync(command, ['prove', '--json', ...only ? [`--only=${only}`] : [], ...words], { cwd: project, env, encoding: 'utf8' })
  if (!stdout) throw new Error(`instastart prove ${words.join(' ')} failed: ${stderr}`)
  return JSON.parse(stdout).situations.map(withoutDifferencesOfTimes)
}

const results = []
for (const major of values.node ?? ['20', '22', '24', '26']) {
  const node = path.join(root, 'node_modules', `node${major}`, 'bin/node')
  console.log(`\nNode ${execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()}`)
  console.log(`${'tool'.padEnd(34)}${'equal'.padStart(9)}${'warm'.padStart(9)}${'plain'.padStart(10)}${'warm'.padStart(10)}${'sooner'.padStart(9)}`)
  const folder = fs.mkdtempSync('/tmp/instastart-parity-')
  const env = environmentFor(node, folder)
  for (const name of ['HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME']) fs.mkdirSync(env[name], { recursive: true, mode: 0o700 })
  try {
    for (const { name, entry, job, engines } of chosen) {
      if (engines && Number(major) < engines) continue
      for (const args of [['--version'], ['--help'], job]) {
        const words = [path.join(project, entry), ...args]
        const situations = values.quick ? [] : proofOf(words, env, args === job ? undefined : 'as typed')
        const times = await timesOf(words, env)
        const different = situations.filter(({ verdict }) => verdict === 'different')
        const result = { node: Number(major), tool: name, args, situations, ...times }
        results.push(result)
        const amount = (value) => (value === undefined ? '' : `${value.toFixed(0)} ms`).padStart(10)
        const ratio = times.plainMs === undefined ? ` ${times.reason}` : `${(times.plainMs / times.warmMs).toFixed(1)}`.padStart(9)
        console.log(`${`${name} ${args.join(' ')}`.slice(0, 33).padEnd(34)}${`${situations.length - different.length}/${situations.length}`.padStart(9)}` +
          `${`${situations.filter(({ isWarm }) => isWarm).length}/${situations.length}`.padStart(9)}${amount(times.plainMs)}${amount(times.warmMs)}${ratio}`)
        for (const { situation, differences: [first] } of different) console.log(`  ${situation}: ${first.part}\n    plain ${JSON.stringify(first.plain).slice(0, 300)}\n    warm  ${JSON.stringify(first.other).slice(0, 300)}`)
      }
      spawnSync(command, ['stop', '--all'], { env })
    }
  } finally {
    spawnSync(command, ['stop', '--all'], { env })
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
if (values.json) fs.writeFileSync(values.json, JSON.stringify(results, undefined, 2))
const unequal = results.flatMap(({ situations }) => situations).filter(({ verdict }) => verdict === 'different')
console.log(`\n${unequal.length} of ${results.flatMap(({ situations }) => situations).length} situations are different.`)
process.exitCode = unequal.length > 0 ? 1 : 0
