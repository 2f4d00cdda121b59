// Our own commands: `instastart <word> ...`. The client executes this file for a bare word; programs never come here.
import { spawnSync } from 'node:child_process'
import { printStatus } from './commands/status.js'
import { stop } from './commands/stop.js'
import { registerPath } from './distribution.js'
import { loadNative, type Native } from './native.js'

const usage = `Usage: instastart [--option=value ...] program.ts [arguments]
       instastart status              what is kept warm
       instastart stop [--all | program ...]
                                      ends zygotes; programs that run go on
`

const commands: Record<string, (native: Native, args: string[]) => number> = { status: printStatus, stop }

const fail = (message: string): number => {
  process.stderr.write(`instastart: ${message}\n`)
  return 2
}

const runCommand = (name: string | undefined, args: string[]): number => {
  if (name === undefined || name === '--help') {
    process.stdout.write(usage)
    return name ? 0 : 2
  }
  const native = loadNative()
  if (name === '--version') {
    process.stdout.write(`${(require('../package.json') as { version: string }).version}\n`)
    return 0
  }
  if (!Object.hasOwn(commands, name)) return fail(`there is no command '${name}'. A program's path has a dot or a slash: ./${name}\n${usage}`)
  if (typeof native === 'string') return fail(`nothing can be kept warm here: ${native}`)
  return commands[name]?.(native, args) ?? 0
}

/** Where the client could not be built: does what it would do, in Node. */
export const withoutClient = () => {
  const args = process.argv.slice(2)
  const isProgram = args.some((argument) => !argument.startsWith('-') && /[./]/.test(argument))
  if (!isProgram) process.exit(runCommand(args[0], args.slice(1)))
  const { status, signal } = spawnSync(process.execPath, ['--import', registerPath, ...args], { stdio: 'inherit' })
  if (signal) process.kill(process.pid, signal)
  process.exit(status ?? 1)
}

if (require.main === module) process.exitCode = runCommand(process.argv[2], process.argv.slice(3))
