// npm run demo: the same program plain and warm, by both clients, on the Node that runs this. Its own runtime directory, so that nothing
// of yours is touched and nothing is left.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'

const root = path.resolve(import.meta.dirname, '../..')
const register = path.join(root, 'dist', 'register.js')
const instastart = path.join(root, 'dist', 'instastart')
const program = path.join(import.meta.dirname, 'program.ts')
const args = [program, 'some', 'arguments']
const WARM_RUNS = 10
const PLAIN_RUNS = 3
const WARM_WITHIN_MS = 60_000

const runtime = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-demo-'))
const env = { ...process.env, INSTASTART: '1', XDG_RUNTIME_DIR: runtime, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` }
delete env.NODE_OPTIONS

/** Node 20 needs a runner for TypeScript; 22.18 and later strip types themselves. */
const plainCommand = process.features.typescript ? ['node', ...args] : ['node', '--import', 'tsx', ...args]
const commands = {
  'node --import instastart/register': ['node', '--import', register, ...args],
  instastart: [instastart, ...args],
}

const run = ([command, ...rest], debug = false) =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, rest, { cwd: root, env: { ...env, INSTASTART_DEBUG: debug ? '1' : '0' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (data) => { output += data })
    child.stderr.on('data', (data) => { errors += data })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve({ ms: performance.now() - started, output, errors })
      else reject(new Error(`${command} ${rest.join(' ')} ended with ${code}:\n${errors}`))
    })
  })

const repeat = async (command, times) => {
  const results = []
  for (let i = 0; i < times; i++) results.push(await run(command))
  return results
}

const median = (results) => results.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(results.length / 2)]

const manifests = () => {
  const folder = path.join(runtime, 'instastart')
  if (!fs.existsSync(folder)) return []
  return fs.readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => {
    try {
      return JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))
    } catch {
      return {} // being written
    }
  })
}

/** Waits for the zygote by what it says of itself. */
const untilWarm = async () => {
  const deadline = performance.now() + WARM_WITHIN_MS
  while (performance.now() < deadline) {
    const [manifest] = manifests()
    if (manifest?.state === 'parked') return
    if (manifest?.state === 'given-up') throw new Error(`No zygote: ${manifest.reason}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('No zygote appeared.')
}

const show = (title, { output }) => console.log(`--- ${title}\n${output}`)

const demonstrate = async () => {
  console.log(`Node ${process.versions.node}, ${os.cpus().length} processors\n`)
  const plain = await repeat(plainCommand, PLAIN_RUNS)
  show(`plain: ${plainCommand.slice(0, -args.length).join(' ')} program.ts`, plain[0])
  const plainMs = median(plain)

  const { errors } = await run(commands['node --import instastart/register'], true)
  if (!fs.existsSync(path.join(root, 'dist', 'native', 'instastart.node'))) {
    console.log(`Runs stay plain on this machine: ${errors.trim()}`)
    return
  }
  await untilWarm()

  const rows = [['plain', plainMs, 1]]
  for (const [name, command] of Object.entries(commands)) {
    const { errors: how } = await run(command, true)
    if (!how.includes('warm run')) throw new Error(`${name}: ${how}`)
    const warm = await repeat(command, WARM_RUNS)
    show(`warm: ${name} program.ts`, warm[0])
    if (warm.some(({ output }) => output !== plain[0].output)) throw new Error(`${name}: the output differs from the plain one`)
    rows.push([name, median(warm), median(warm) / plainMs])
  }
  console.log('--- median time of a run, and its ratio to plain')
  for (const [name, ms, ratio] of rows) console.log(`${name.padEnd(36)} ${ms.toFixed(0).padStart(6)} ms   ${ratio.toFixed(3)}`)
}

try {
  await demonstrate()
} catch (error) {
  console.error(`The demo failed. ${error.message}`)
  process.exitCode = 1
} finally {
  spawnSync('node', [path.join(root, 'dist', 'cli.js'), 'stop', '--all'], { env, stdio: 'ignore' })
  fs.rmSync(runtime, { recursive: true, force: true })
}
