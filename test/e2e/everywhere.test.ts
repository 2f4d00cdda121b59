// NODE_OPTIONS names our preload for every Node there is: each does what it does without it, and is warm or plain on purpose.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodes, type NodeBinary } from '../support/nodes.js'
import { runProgram } from '../support/program.js'
import { distribution, Sandbox, withoutDebugLines } from '../support/sandbox.js'

interface Case {
  args: readonly string[]
  /** What INSTASTART_DEBUG says of the second run, after the first one's zygotes are ready. */
  says: RegExp
  stdin?: string
  env?: Record<string, string>
  /** Of which programs there are zygotes then, by name: never of one that only started others. */
  zygotesOf?: readonly string[]
  from?: number
}

const files: Record<string, string> = {
  'app.mjs': `import './dependency.mjs'
console.log('app', process.argv.slice(2), process.execArgv, process.env.VALUE, globalThis.preloaded)
`,
  'dependency.mjs': '',
  'app.ts': 'import "./dependency.mjs"\nconst text: string = "typescript"\nconsole.log(text)\n',
  'app.test.mjs': 'import test from "node:test"\nimport "./dependency.mjs"\ntest("passes", () => {})\n',
  '.env': 'VALUE=from the file\n',
  'package.json': JSON.stringify({ name: 'project', scripts: { hello: 'node app.mjs hello' }, bin: { tool: './bin.mjs' } }),
  'node_modules/.bin/tool': '#!/usr/bin/env node\nimport("../../dependency.mjs")\nconsole.log("tool", process.argv.slice(2))\n',
  'snapshot.cjs': 'require("node:v8").startupSnapshot.setDeserializeMainFunction(() => console.log("from a snapshot"))\n',
  'threads.mjs': `import { Worker, isMainThread } from 'node:worker_threads'
import './dependency.mjs'
if (isMainThread) new Worker(new URL(import.meta.url)).on('exit', (status) => console.log('exit', status))
else console.log('in a worker', process.execArgv)
`,
  'parent.mjs': `import { fork } from 'node:child_process'
import './dependency.mjs'
fork('app.mjs', ['child'], { execArgv: [] }).on('exit', (status) => console.log('exit', status))
`,
  'workers.mjs': `import cluster from 'node:cluster'
import './dependency.mjs'
if (cluster.isPrimary) {
  const worker = cluster.fork()
  worker.on('message', (message) => { console.log(message); worker.disconnect() })
  worker.on('exit', (status) => console.log('exit', status))
} else process.send('from a worker')
`,
  'typed.ts': 'enum Level { Low = 1 }\nexport const level: number = Level.Low\n',
  'alone.mjs': 'import "./dependency.mjs"\nconsole.log("alone")\n',
  'preload.cjs': 'globalThis.preloaded = "preloaded"\n',
  'inspecting.cjs': 'require("node:inspector").open(0)\n',
}

const permission = ({ major }: NodeBinary) => (major === 20 ? '--experimental-permission' : '--permission')

const casesOn = (node: NodeBinary): Record<string, Case> => ({
  'a program': { args: ['app.mjs', 'argument'], says: /^warm run/, zygotesOf: ['app.mjs'] },
  '-e': { args: ['-e', 'console.log(process.argv.length, process.execArgv)'], says: /^plain run: no-entry$/ },
  '-p': { args: ['-p', '1 + 1', 'app.mjs'], says: /^plain run: option: -p$/ },
  // Where Node checks before it preloads, there is nobody to say anything.
  '-c': { args: ['-c', 'app.mjs'], says: /^(plain run: option: -c)?$/ },
  '-i': { args: ['-i'], stdin: '1 + 1\n.exit\n', says: /^plain run: no-entry$/ },
  'a program from stdin': { args: [], stdin: 'console.log("from stdin", process.argv.length)', says: /^plain run: no-entry$/ },
  'a program from stdin, by its name': { args: ['-', 'argument'], stdin: 'console.log("from stdin", process.argv)', says: /^plain run: no-entry$/ },
  'a module from stdin': { args: ['--input-type=module'], stdin: 'import "./dependency.mjs"\nconsole.log("module")', says: /^plain run: no-entry$/ },
  // Only its children are preloaded, by most versions.
  '--test': { args: ['--test', '--test-reporter=tap', 'app.test.mjs'], says: /^(plain run: option: --test)?$/ },
  'a file of tests by itself': { args: ['--test-reporter=tap', 'app.test.mjs'], says: /^plain run: option: --test/ },
  '--inspect': { args: ['--inspect=0', 'app.mjs'], says: /^plain run: option: --inspect=0$/ },
  '--run': { args: ['--run', 'hello'], says: /^warm run/, zygotesOf: ['app.mjs'], from: 22 },
  '--env-file': { args: ['--env-file=.env', 'app.mjs'], says: /^warm run/, zygotesOf: ['app.mjs'] },
  '--permission': { args: [permission(node), '--allow-fs-read=*', 'app.mjs'], says: /^plain run: option: --(experimental-)?permission$/ },
  '--build-snapshot': { args: ['--snapshot-blob', 'made.blob', '--build-snapshot', 'snapshot.cjs'], says: /^$/ },
  'a snapshot': { args: ['--snapshot-blob', 'snapshot.blob', 'app.mjs'], says: /^$/ },
  'Workers': { args: ['threads.mjs'], says: /^warm run/, zygotesOf: ['threads.mjs'] },
  'a parent and its child': { args: ['parent.mjs'], says: /^warm run/, zygotesOf: ['app.mjs', 'parent.mjs'] },
  'a cluster': { args: ['workers.mjs'], says: /^warm run/, zygotesOf: ['workers.mjs'] },
  'another preload': { args: ['--require', './preload.cjs', 'app.mjs'], says: /^warm run/, zygotesOf: ['app.mjs'] },
  'a preload that opens the inspector': { args: ['--require', './inspecting.cjs', 'app.mjs'], says: /^plain run: / },
  'tsx': { args: ['--import', pathToFileURL(path.resolve('node_modules/tsx/dist/loader.mjs')).href, 'app.ts'], says: /^plain run: another-loader: tsx$/ },
  'CI': { args: ['alone.mjs'], env: { CI: 'true' }, says: /^plain run: ci: absent$/ },
})

/** What differs between any two runs. */
const normalized = (text: string) => withoutDebugLines(text)
  // Of the processes that it has started.
  .replaceAll(/^# instastart: .*\n/gm, '')
  .replaceAll(/duration_ms(:?) [\d.]+/g, 'duration_ms$1 N')
  .replaceAll(/\(node:\d+\)/g, '(node:PID)')
  .replaceAll(/ws:\S+/g, 'ws://ADDRESS')

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = new Sandbox(node, undefined, 'any')
    for (const [name, text] of Object.entries(files)) sandbox.write(name, text)
    fs.chmodSync(path.join(sandbox.project, 'node_modules/.bin/tool'), 0o755)
    await sandbox.run('node', ['--snapshot-blob', 'snapshot.blob', '--build-snapshot', 'snapshot.cjs'])
  })
  afterAll(() => sandbox.dispose())

  const everywhere = { NODE_OPTIONS: `--import=${pathToFileURL(path.join(distribution, 'register.js')).href}` }
  const programs = () => [...new Set(sandbox.manifests().map(({ entry }) => path.basename(entry)))].sort()

  const cases = Object.entries(casesOn(node)).filter(([, { from = 0 }]) => node.major >= from)
  test.each(cases)('%s', async (_, { args, stdin, env = {}, says, zygotesOf = [] }) => {
    const run = async (more: Record<string, string>) => {
      const outcome = await sandbox.run('node', args, { env: { ...env, ...more }, ...stdin !== undefined && { stdin } })
      const { status, signal } = outcome
      return { outcome, seen: { stdout: normalized(outcome.stdout), stderr: normalized(outcome.stderr), status, signal } }
    }
    const plain = await run({})
    expect((await run(everywhere)).seen).toEqual(plain.seen)
    if (zygotesOf.length > 0) await sandbox.untilSettled()
    const second = await run(everywhere)
    expect(second.seen).toEqual(plain.seen)
    const lines = [...second.outcome.stderr.matchAll(/^instastart: (.*)$/gm)].map(([, line = '']) => line)
    // Those of the processes that it has started come in any order.
    expect(lines.length > 0 ? lines : [''], second.outcome.stderr).toContainEqual(expect.stringMatching(says))
    expect(programs()).toEqual(expect.arrayContaining([...zygotesOf]))
  })

  // On Node 20 that takes a thread, which is started where there is a tsconfig.json.
  test.each([
    ['import', '-e', 'import("./typed.ts").then(({ level }) => console.log("imported", level))'],
    ['require', '-e', 'console.log("imported", require("./typed.ts").level)'],
    ['a module\'s import', '--input-type=module', '-e', 'import { level } from "./typed.ts"; console.log("imported", level)'],
  ])('what %s in -e loads is TypeScript', async (_, ...args) => {
    sandbox.write('tsconfig.json', '{}')
    const { stdout, stderr } = await sandbox.run('node', args, { env: everywhere })
    // Of enums Node itself knows nothing.
    expect(stdout, stderr).toBe('imported 1\n')
    // Asked for what it did, it does it at once; else with the first module.
    const env = sandbox.env(everywhere)
    delete env.INSTASTART_DEBUG
    expect(await runProgram('node', args, { cwd: sandbox.project, env })).toMatchObject({ stdout: 'imported 1\n', stderr: '', status: 0 })
    fs.rmSync(path.join(sandbox.project, 'tsconfig.json'))
  })

  test('nobody else has a zygote: no helper, no parent of somebody\'s', () => {
    const expected = new Set(cases.flatMap(([, { zygotesOf = [] }]) => zygotesOf))
    expect(programs().filter((name) => !expected.has(name))).toEqual([])
  })

  test('--watch starts the program again after each edit', async () => {
    sandbox.write('watched.mjs', 'import { count } from "./counted.mjs"\nconsole.log("count", count)\n')
    sandbox.write('counted.mjs', 'export const count = 0\n')
    const watching = sandbox.start('node', ['--watch', 'watched.mjs'], { env: everywhere, timeoutMs: 60_000 })
    await watching.hasPrinted('count 0')
    for (let i = 1; i < 4; i++) {
      // A zygote would be there by then, and watching begins once the program has told what it consists of.
      await setTimeout(1000)
      sandbox.write('counted.mjs', `export const count = ${i}\n`)
      await watching.hasPrinted(`count ${i}`)
    }
    watching.child.kill('SIGTERM')
    await watching.ended
    await sandbox.untilSettled()
  })

  test.each([['npm', 'run', '--silent', 'hello'], ['npx', '--no', 'tool', 'argument']])('%s %s', async (...words) => {
    const run = async (more: Record<string, string>) => {
      const [command = '', ...args] = words
      const env = sandbox.env({ npm_config_update_notifier: 'false', ...more })
      const { stdout, stderr, status } = await runProgram(command, args, { cwd: sandbox.project, env })
      return { stdout, stderr: normalized(stderr), status }
    }
    const plain = await run({})
    expect(plain).toMatchObject({ status: 0 })
    for (let i = 0; i < 3; i++) {
      expect(await run(everywhere)).toEqual(plain)
      await sandbox.untilSettled()
    }
  })
})
