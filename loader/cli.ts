// Our own commands: `instastart <word> ...`. The client executes this file for a bare word; programs never come here.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { clean } from './commands/clean.js'
import { usageError, type Call, type Command } from './commands/command.js'
import { doctor } from './commands/doctor.js'
import { env } from './commands/env.js'
import { logs } from './commands/logs.js'
import { prove } from './commands/prove.js'
import { status } from './commands/status.js'
import { stop } from './commands/stop.js'
import { warm } from './commands/warm.js'
import { why } from './commands/why.js'
import { aligned } from './commands/style.js'
import { registerPath } from './distribution.js'
import { InstastartError } from './errors.js'

const commands: Record<string, Command> = { status, why, warm, stop, logs, clean, doctor, env, prove }

const usage = (): string => `Usage: instastart [--option=value ...] program.ts [arguments]
       instastart <command> [--help] [--json] ...

${aligned(Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary])).join('\n')}
`

const usageOf = (name: string, command: Command): string => `Usage: instastart ${name} ${command.usage}`

const helpOf = (name: string, command: Command): string => {
  const options = Object.entries({ ...command.help, '--json': 'prints JSON; its fields are in the README', '--help': 'prints this' })
  return `${usageOf(name, command)}\n${command.summary}\n\n${aligned(options.map(([option, does]) => [`  ${option}`, does])).join('\n')}\n`
}

const common = { json: { type: 'boolean' }, help: { type: 'boolean' } } as const

/** What comes before the program is ours, or Node's in the form --name=value; the rest is the program's. */
const split = (args: string[], command: Command): { own: string[]; nodeOptions: string[]; words: string[] } => {
  if (!command.takesProgram) return { own: args, nodeOptions: [], words: [] }
  const end = args.findIndex((argument) => !argument.startsWith('-'))
  const options = end < 0 ? args : args.slice(0, end)
  const isNodes = (argument: string) => /^--.+=/.test(argument) && !Object.hasOwn(command.options, argument.slice(2).replace(/=.*/s, ''))
  return { own: options.filter((argument) => !isNodes(argument)), nodeOptions: options.filter(isNodes), words: end < 0 ? [] : args.slice(end) }
}

/** @throws {InstastartError} INSTASTART_USAGE */
const parse = (args: string[], command: Command): Call => {
  const { own, nodeOptions, words } = split(args, command)
  try {
    const { values, positionals } = parseArgs({ args: own, options: { ...common, ...command.options }, allowPositionals: true })
    return { values, nodeOptions, words: [...positionals, ...words] }
  } catch (error) {
    throw usageError((error as Error).message.split('. To specify', 1)[0] ?? '')
  }
}

const report = (error: unknown, isJson: boolean, hint: string): number => {
  if (!(error instanceof InstastartError)) throw error
  const { code, message } = error
  if (isJson) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`)
  else process.stderr.write(`instastart: ${code}: ${message}\n${code === 'INSTASTART_USAGE' ? `${hint}\n` : ''}`)
  return code === 'INSTASTART_USAGE' ? 2 : 1
}

/** Who reads no further (`| head`) need not be told of it; what the command does is done all the same. */
const outliveReaders = () => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

const runCommand = async (name: string | undefined, args: string[]): Promise<number> => {
  outliveReaders()
  if (name === undefined || name === '--help') {
    process.stdout.write(usage())
    return name ? 0 : 2
  }
  if (name === '--version') {
    process.stdout.write(`${(require('../package.json') as { version: string }).version}\n`)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  const isJson = args.includes('--json')
  if (!command) return report(usageError(`there is no command '${name}'. A program's path has a dot or a slash: ./${name}`), isJson, usage())
  try {
    const call = parse(args, command)
    if (!call.values.help) return await command.run(call)
    process.stdout.write(helpOf(name, command))
    return 0
  } catch (error) {
    return report(error, isJson, usageOf(name, command))
  }
}

/** Where the client could not be built: does what it would do, in Node. */
export const withoutClient = async () => {
  const args = process.argv.slice(2)
  const isProgram = args.some((argument) => !argument.startsWith('-') && /[./]/.test(argument))
  if (!isProgram || Object.hasOwn(commands, args[0] ?? '')) process.exit(await runCommand(args[0], args.slice(1)))
  const { status: code, signal } = spawnSync(process.execPath, ['--import', registerPath, ...args], { stdio: 'inherit' })
  if (signal) process.kill(process.pid, signal)
  process.exit(code ?? 1)
}

const main = async () => {
  process.exitCode = await runCommand(process.argv[2], process.argv.slice(3))
}

if (require.main === module) void main()
