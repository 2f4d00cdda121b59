// Private memory of processes that run at the same time.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { summarize } from '../measure.js'
import { project } from '../bench-sandbox.js'

export const title = 'Memory: private kB of 8 processes at a time'
export const unit = 'kB'

const file = path.join(project, 'memory.mjs')
const AT_A_TIME = 8

/** @returns {Promise<{ first: number, grown: number }>} once it has printed; it stays until `release` is called */
const start = ({ command: [name, ...args], cwd, env }) => {
  const child = spawn(name, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const report = new Promise((resolve, reject) => {
    let stdout = ''
    child.stdout.on('data', (part) => {
      stdout += part
      if (stdout.endsWith('\n')) resolve(JSON.parse(stdout))
    })
    child.on('error', reject).on('close', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
  const release = () => new Promise((resolve) => child.on('close', resolve).stdin.end())
  return { report, release }
}

const together = async (command) => {
  const started = Array.from({ length: AT_A_TIME }, () => start(command))
  const reports = await Promise.all(started.map(({ report }) => report))
  await Promise.all(started.map(({ release }) => release()))
  return reports
}

export const measureMemory = async (sandbox) => {
  await sandbox.warmUp(sandbox.client([file]))
  const commands = { plain: sandbox.plain([file]), warm: sandbox.client([file]) }
  const table = {}
  for (const [name, command] of Object.entries(commands)) {
    const reports = await together(command)
    table[`${name}, at the entry's first line`] = summarize(reports.map(({ first }) => first))
    table[`${name}, growth after it`] = summarize(reports.map(({ grown }) => grown))
  }
  return table
}
