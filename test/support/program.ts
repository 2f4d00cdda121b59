// Runs a command to its end and tells everything that a user could see of it.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'

export interface Outcome {
  stdout: string
  stderr: string
  status: number | null
  signal: NodeJS.Signals | null
  /** From the start until the process is gone and its output has ended. */
  ms: number
}

export interface ProgramOptions {
  cwd: string
  env: Record<string, string>
  /** Written to stdin, which is a socket pair then; else stdin is /dev/null. */
  stdin?: string | Buffer
  stdio?: StdioOptions
  /** Redirections by a shell, which executes the command itself: `<&-`, `2>/dev/null`, `> out.txt`. */
  redirections?: string
  /** Octal, as the shell takes it. */
  umask?: string
  timeoutMs?: number
}

export interface RunningProgram {
  child: ChildProcess
  /** Resolves once stdout contains this text; rejects when the program ends before. */
  hasPrinted: (text: string) => Promise<void>
  ended: Promise<Outcome>
}

/** Everything hangs sooner or later; nothing in these tests takes that long, even on a busy machine. */
const longestMs = 20_000

const throughShell = (command: string, args: readonly string[], { redirections = '', umask }: ProgramOptions): [string, string[]] => {
  const script = `${umask ? `umask ${umask}; ` : ''}exec "$@" ${redirections}`
  return ['/bin/sh', ['-c', script, 'sh', command, ...args]]
}

export const startProgram = (command: string, args: readonly string[], options: ProgramOptions): RunningProgram => {
  const { cwd, env, stdin, stdio, timeoutMs = longestMs } = options
  const needsShell = options.redirections !== undefined || options.umask !== undefined
  const [file, parameters] = needsShell ? throughShell(command, args, options) : [command, [...args]]
  const startedAt = performance.now()
  const child = spawn(file, parameters, { cwd, env, stdio: stdio ?? [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const listener of listeners) listener()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // A program may end without having read its input.
  child.stdin?.on('error', () => undefined)
  if (stdin !== undefined) child.stdin?.end(stdin)

  const ended = new Promise<Outcome>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout?.destroy()
      child.stderr?.destroy()
      reject(new Error(`Still running after ${timeoutMs} ms: ${[command, ...args].join(' ')}\nstdout: ${stdout}\nstderr: ${stderr}`))
    }, timeoutMs)
    child.once('error', reject)
    child.once('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ stdout, stderr, status, signal, ms: performance.now() - startedAt })
    })
  })
  // Whoever awaits it is told; a test that fails before must not crash the process, too.
  ended.catch(() => undefined)

  const hasPrinted = (text: string) => new Promise<void>((resolve, reject) => {
    const look = () => {
      if (stdout.includes(text)) resolve()
    }
    listeners.add(look)
    look()
    ended.then(
      (outcome) => reject(new Error(`Ended without printing ${JSON.stringify(text)}: ${JSON.stringify(outcome)}`)),
      (error: unknown) => reject(error as Error),
    )
  })
  return { child, hasPrinted, ended }
}

export const runProgram = (command: string, args: readonly string[], options: ProgramOptions): Promise<Outcome> =>
  startProgram(command, args, options).ended
