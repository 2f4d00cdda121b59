// `instastart env`: the line for a shell's profile by which every `node` is warm. It survives our removal, appends to what NODE_OPTIONS has, and
// adds itself once.
import path from 'node:path'
import { lastingRegisterUrl } from '../distribution.js'
import { usageError, type Command } from './command.js'

const option = (): string => `--import=${lastingRegisterUrl()}`

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

const profiles: Record<Shell, string> = { bash: '~/.bashrc', zsh: '~/.zshrc', fish: '~/.config/fish/config.fish' }

/** Nothing in the option is special within double quotes, and no `'` is in the pattern. */
const lineFor = (shell: Shell): string =>
  (shell === 'fish'
    ? `string match -q -- "*${option()}*" "$NODE_OPTIONS"; or set -gx NODE_OPTIONS (string trim -- "$NODE_OPTIONS ${option()}")`
    : `case "\${NODE_OPTIONS-}" in *"${option()}"*) ;; *) export NODE_OPTIONS="\${NODE_OPTIONS:+$NODE_OPTIONS }${option()}" ;; esac`)

export const quoted = (shell: Shell, text: string): string => (shell === 'fish' ? `'${text.replaceAll(/[\\']/g, '\\$&')}'` : `'${text.replaceAll('\'', '\'\\\'\'')}'`)

/** For the shell that this was started from: what NODE_OPTIONS has besides. */
const offLineFor = (shell: Shell): string => {
  const rest = (process.env.NODE_OPTIONS ?? '').split(/\s+/).filter((word) => word && word !== option()).join(' ')
  if (rest === '') return shell === 'fish' ? 'set -e NODE_OPTIONS' : 'unset NODE_OPTIONS'
  return shell === 'fish' ? `set -gx NODE_OPTIONS ${quoted(shell, rest)}` : `export NODE_OPTIONS=${quoted(shell, rest)}`
}

const isShell = (name: string): name is Shell => (shells as readonly string[]).includes(name)

const chosenShell = (named: string | boolean | undefined): Shell => {
  const name = typeof named === 'string' ? named : path.basename(process.env.SHELL ?? 'bash')
  if (isShell(name)) return name
  if (named !== undefined) throw usageError(`there is no line for '${name}'. Shells are ${shells.join(', ')}.`)
  return 'bash' // What most others understand, too.
}

export const env: Command = {
  summary: 'the line for a shell\'s profile that makes every `node` warm',
  usage: '[--json] [--shell=bash|zsh|fish] [--off]',
  help: { '--shell=name': 'bash, zsh or fish (default: the one that SHELL names)', '--off': 'the line that undoes it in the present shell: eval "$(instastart env --off)"' },
  options: { shell: { type: 'string' }, off: { type: 'boolean' } },
  run({ values, words }) {
    if (words.length > 0) throw usageError(`what is ${words[0]}?`)
    const shell = chosenShell(values.shell)
    const line = values.off ? offLineFor(shell) : lineFor(shell)
    if (values.json) process.stdout.write(`${JSON.stringify({ shell, profile: profiles[shell], line, option: option() }, undefined, 2)}\n`)
    else {
      // Beside the line, not in it: `instastart env >> ~/.bashrc`.
      if (process.stdout.isTTY) process.stderr.write(values.off ? `# For this shell; and take the line out of ${profiles[shell]}:\n` : `# For ${profiles[shell]}:\n`)
      process.stdout.write(`${line}\n`)
    }
    return 0
  },
}
