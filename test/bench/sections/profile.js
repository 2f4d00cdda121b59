// Where the time of a warm run goes, sampled by perf(1) over many of them: what there is to gain.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { run } from '../measure.js'
import { project } from '../bench-sandbox.js'

export const title = 'Profile of warm runs: processor time of one'
export const unit = 'ms'

const SAMPLES_PER_MS = 10

/** The first that fits; a sample is a line for each function, innermost first, with the file it is in. */
const parts = [
  ['exec', /sys_execve/],
  ['end of the process', /exit_mmap|do_exit/],
  ['page faults', /exc_page_fault/],
  ['mapping', /sys_(mmap|munmap|mremap|madvise|mprotect|prctl|brk|pread64)\b/],
  ['other system calls', /entry_SYSCALL|sys_/],
  ['interrupts', /asm_/],
  ['repairs', /instastart\.node|platform-\d+\.node/],
  ['client', /\/client\)|ld-linux/],
  ['Node and the program', /./],
]

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const sampled = async (file, command, rounds) => {
  const perf = spawn('perf', ['record', '-a', '-q', '-g', '-F', String(SAMPLES_PER_MS * 1000), '-o', file], { stdio: 'ignore' })
  const ended = new Promise((resolve) => perf.on('close', resolve))
  await pause(500)
  for (let i = 0; i < rounds; i++) {
    await pause(30)
    await run(command)
  }
  perf.kill('SIGINT')
  await ended
  const text = execFileSync('perf', ['script', '-i', file, '--comm', 'node,instastart,MainThread,node-MainThread', '-F', 'comm,ip,sym,dso'], {
    encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'],
  })
  const counts = Object.fromEntries(parts.map(([name]) => [name, 0]))
  for (const sample of text.split('\n\n')) {
    const part = parts.find(([, pattern]) => pattern.test(sample))
    if (part) counts[part[0]]++
  }
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => {
    const ms = count / SAMPLES_PER_MS / rounds
    return [name, { min: ms, median: ms, low: ms, high: ms, count: rounds }]
  }))
}

/** @returns a table for each program and engine; none without perf, which says so on stderr */
export const measureProfile = async (sandbox, { rounds }) => {
  if (spawnSync('perf', ['--version']).error) {
    console.error('perf is not installed: no profile.')
    return {}
  }
  const tables = {}
  for (const [name, file] of Object.entries({ hello: path.join(project, 'hello.ts'), graph: path.join(project, 'graph.ts') })) {
    for (const engine of ['thaw', 'fork']) {
      const command = sandbox.client([file], { env: { INSTASTART_ENGINE: engine } })
      await sandbox.warmUp(command)
      tables[`${name} by ${engine}`] = await sampled(sandbox.path('perf.data'), command, rounds * 5)
    }
  }
  return tables
}
