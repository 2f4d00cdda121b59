// A day with one program: sessions of different kinds, in five directories, with all that differs between them.
import fs from 'node:fs'
import path from 'node:path'
import { expect, test, describe } from 'vitest'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { randomBy } from '../support/random.js'
import { Sandbox } from '../support/sandbox.js'

const runs = scaled(400, 100)

/** What supports-color, chalk, debug and their like ask as they are imported. */
const asks = `import process from 'node:process'
import tty from 'node:tty'
const { env, argv } = process
const hasFlag = (flag) => argv.indexOf('--' + flag) !== -1
const level = (isTTY) => {
  if (hasFlag('no-color') || 'NO_COLOR' in env) return 0
  if ('FORCE_COLOR' in env) return 1
  if (!isTTY || env.TERM === 'dumb') return 0
  if ('CI' in env || 'TEAMCITY_VERSION' in env) return 1
  return env.COLORTERM === 'truecolor' ? 3 : /256/.test(env.TERM) ? 2 : 1
}
export const levels = [level(tty.isatty(1)), level(tty.isatty(2))]
export const debug = Object.keys(env).filter((name) => /^debug_/i.test(name)).length
export const isProduction = env.NODE_ENV === 'production'
`

const app = `import fs from 'node:fs'
import { levels, debug, isProduction } from './asks.mjs'
fs.writeFileSync(process.env.SEEN, JSON.stringify({
  levels, debug, isProduction, cwd: process.cwd(), columns: process.stdout.columns, isTTY: process.stdout.isTTY, args: process.argv.slice(2), env: Object.keys(process.env).sort(),
}))
console.log('done')
`

interface Session {
  env: Record<string, string>
  /** Of the terminal, if there is one. */
  size?: [columns: number, rows: number]
}

type Random = (below: number) => number

const sizes: [number, number][] = [[80, 24], [120, 40], [203, 51], [91, 17]]

const sessions: Record<string, (random: Random) => Session> = {
  tmux: (random) => ({
    env: { TERM: 'screen-256color', TMUX: '/tmp/tmux-1000/default,1,0', TMUX_PANE: `%${random(20)}`, SHLVL: `${2 + random(3)}`, WINDOWID: `${random(9999)}` },
    size: sizes[random(sizes.length)] ?? [80, 24],
  }),
  editor: (random) => ({
    env: { TERM: 'xterm-256color', COLORTERM: 'truecolor', TERM_PROGRAM: 'vscode', VSCODE_GIT_IPC_HANDLE: `/tmp/vscode-git-${random(1000)}.sock` },
    size: sizes[random(sizes.length)] ?? [80, 24],
  }),
  ssh: (random) => ({
    env: { TERM: 'xterm-256color', SSH_TTY: `/dev/pts/${random(9)}`, SSH_CONNECTION: `10.0.0.1 ${40000 + random(9999)} 10.0.0.2 22`, XDG_SESSION_ID: `${random(99)}` },
    size: sizes[random(sizes.length)] ?? [80, 24],
  }),
  cron: () => ({ env: { SHELL: '/bin/sh', LOGNAME: 'user' } }),
  npm: (random) => ({
    env: { npm_lifecycle_event: ['build', 'test', 'lint'][random(3)] ?? '', npm_package_name: 'app', npm_config_user_agent: 'npm/11', INIT_CWD: `/home/${random(5)}`, npm_execpath: '/usr/lib/npm-cli.js' },
  }),
}

/** As people work: some runs of one kind, in one directory, then of another. */
const dayOf = (random: Random, count: number) => {
  const day: { kind: string; folder: string; session: Session; colours: Record<string, string>; args: string[] }[] = []
  while (day.length < count) {
    const kind = ['tmux', 'tmux', 'editor', 'editor', 'ssh', 'cron', 'npm'][random(7)] ?? 'tmux'
    const colours: Record<string, string> = random(12) === 0 ? { NO_COLOR: '1' } : {}
    let folder = random(5)
    for (let left = 3 + random(10); left > 0 && day.length < count; left--) {
      if (random(4) === 0) folder = random(5)
      day.push({ kind, folder: `folder-${folder}`, session: sessions[kind]?.(random) ?? { env: {} }, colours, args: ['build', `--file=${random(100)}`].slice(0, random(3)) })
    }
  }
  return day
}

const quoted = (command: readonly string[]) => command.map((word) => `'${word}'`).join(' ')

describe.each(nodes)('on Node $version', (node) => {
  test('at least nine of ten runs of a day are warm, and each does what plain Node does', async () => {
    await using sandbox = new Sandbox(node)
    sandbox.write('asks.mjs', asks)
    sandbox.write('app.mjs', app)
    for (let i = 0; i < 5; i++) fs.mkdirSync(path.join(sandbox.project, `folder-${i}`))
    const seen = path.join(sandbox.project, 'seen.json'), said = path.join(sandbox.project, 'said.txt')

    const run = async (way: 'node' | 'client', { folder, session, colours, args }: ReturnType<typeof dayOf>[number]) => {
      const cwd = path.join(sandbox.project, folder)
      const command = `${quoted(sandbox.command(way, ['../app.mjs', ...args]))}${session.size ? '' : ` 2> ${said}`}`
      const [columns = 80, rows = 24] = session.size ?? []
      const script = session.size ? `script -qec "stty cols ${columns} rows ${rows}; ${command}" /dev/null < /dev/null` : `${command} | cat`
      const outcome = await runProgram('/bin/sh', ['-c', script], { cwd, env: { ...sandbox.env({ SEEN: seen }), PWD: cwd, ...session.env, ...colours } })
      const all = outcome.stdout + (session.size ? '' : fs.readFileSync(said, 'utf8'))
      return { isWarm: /^instastart: warm run/m.test(all), says: /instastart: (.*)/.exec(all)?.[1], seen: fs.readFileSync(seen, 'utf8') }
    }

    const plainKinds: string[] = []
    const day = dayOf(randomBy(node.major), runs)
    for (const [i, each] of day.entries()) {
      const outcome = await run('client', each)
      await sandbox.untilSettled()
      if (!outcome.isWarm) plainKinds.push(`${i} ${each.kind} ${Object.keys(each.colours).join()}: ${outcome.says}`)
      if (i % 4 === 0) expect(outcome.seen).toBe((await run('node', each)).seen)
    }
    recordFigure({ node: node.version, what: `${runs} runs of a day, warm`, value: `${(100 * (1 - plainKinds.length / runs)).toFixed(1)} %` })
    expect(plainKinds.length / runs, plainKinds.join('\n')).toBeLessThanOrEqual(0.1)
  }, 1_200_000)
})
