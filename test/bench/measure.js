// Runs commands in turn, again and again, so that what else the machine does hits all of them alike.
import { spawn } from 'node:child_process'

/**
 * @typedef {{ command: string[], cwd: string, env: Record<string, string>, mustBeWarm?: boolean }} Command
 * @typedef {{ ms: number, stdout: string, stderr: string }} Outcome
 * @typedef {{ min: number, median: number, low: number, high: number, count: number }} Summary of milliseconds; `low` and `high` are the first and the ninth tenth
 */

/** With INSTASTART_DEBUG=1 on stderr; it does not count among what makes a zygote another one. */
export const isWarm = (stderr) => stderr.includes('instastart: warm run')

/** @param {Command} command @returns {Promise<Outcome>} rejects if it fails, or should have been warm and was not */
export const run = ({ command: [file, ...args], cwd, env, mustBeWarm = false }) => new Promise((resolve, reject) => {
  const started = performance.now()
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (part) => { stdout += part })
  child.stderr.on('data', (part) => { stderr += part })
  child.on('error', reject)
  child.on('close', (code, signal) => {
    const ms = performance.now() - started
    if (code === 0 && (!mustBeWarm || isWarm(stderr))) resolve({ ms, stdout, stderr })
    else reject(new Error(`${[file, ...args].join(' ')} ended with ${code ?? signal}:\n${stdout}${stderr}`))
  })
})

/** @param {number[]} values @returns {Summary} */
export const summarize = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  return { min: sorted[0], median: at(0.5), low: at(0.1), high: at(0.9), count: sorted.length }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * @param {Record<string, Command>} commands
 * @param {{ rounds: number, pauseMs?: number, measured?: (outcome: Outcome) => number }} options `pauseMs`: before each run, as a user makes one
 * @returns {Promise<Record<string, Summary>>} by the names of `commands`
 */
export const compare = async (commands, { rounds, pauseMs = 0, measured = ({ ms }) => ms }) => {
  const values = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      await pause(pauseMs)
      values[name].push(measured(await run(command)))
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, summarize(list)]))
}
