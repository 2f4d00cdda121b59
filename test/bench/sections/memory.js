// Private memory of processes that run at the same time.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { isWarm, summarize } from '../measure.js'
import { project } from '../bench-sandbox.js'

export const title = 'Memory: private kB of 8 processes at a time'
export const unit = 'kB'

const file = path.join(project, 'memory.mjs')
const AT_A_TIME = 8

/** A process that has printed its report, and stays. */
const start = ({ command: [name, ...args], cwd, env }) => {
  const child = spawn(name, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = new Promise((resolve) => child.on('close', resolve))
  let stderr = ''
  child.stderr.on('data', (part) => { stderr += part })
  const report = new Promise((resolve, reject) => {
    let stdout = ''
    child.stdout.on('data', (part) => {
      stdout += part
      if (stdout.endsWith('\n')) resolve(JSON.parse(stdout))
    })
    child.on('error', reject)
    closed.then(() => reject(new Error(`${name} ended:\n${stdout}${stderr}`)))
  })
  /** @returns {Promise<string>} what it wrote to stderr */
  const end = () => {
    child.stdin.end()
    return closed.then(() => stderr)
  }
  return { report, end }
}

const together = async (command, count = AT_A_TIME) => {
  const started = Array.from({ length: count }, () => start(command))
  const reports = await Promise.all(started.map(({ report }) => report))
  const errors = await Promise.all(started.map(({ end }) => end()))
  return reports.map((report, i) => ({ ...report, stderr: errors[i] }))
}

export const measureMemory = async (sandbox) => {
  const commands = { plain: sandbox.plain([file]), warm: sandbox.client([file]) }
  await sandbox.warmUp(commands.warm, async (command) => (await together(command, 1))[0])
  const table = {}
  for (const [name, command] of Object.entries(commands)) {
    const reports = await together(command)
    if (command.mustBeWarm && !reports.every(({ stderr }) => isWarm(stderr))) throw new Error('A run was not warm.')
    table[`${name}, at the entry's first line`] = summarize(reports.map(({ first }) => first))
    table[`${name}, growth after it`] = summarize(reports.map(({ grown }) => grown))
  }
  return table
}
