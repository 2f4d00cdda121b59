// What is remembered of plain runs.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { whyOf } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox } from '../support/sandbox.js'

describe.each(nodes)('the history of plain runs, on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', 'import "./dependency.mjs"\nconsole.log("hello")\n')
    sandbox.write('dependency.mjs', 'process.env.SECRET_OF_TEST; process.argv.indexOf("--flag")\n')
  })
  afterEach(() => sandbox.dispose())

  const folder = () => path.join(sandbox.runtime, 'instastart')
  const histories = () => fs.readdirSync(folder()).filter((name) => name.endsWith('.runs')).map((name) => path.join(folder(), name))

  test('holds no argument and no variable\'s value, and nobody else may read it', async () => {
    await sandbox.warmUp('client', ['app.mjs', 'hidden argument'], { env: { SECRET_OF_TEST: 'hidden value' } })
    await sandbox.run('register', ['app.mjs', '--flag', 'hidden argument'], { env: { SECRET_OF_TEST: 'another hidden value' } })
    await sandbox.run('register', ['app.mjs', 'hidden argument', '--flag'])
    await sandbox.untilSettled()
    const files = histories()
    expect(files).toHaveLength(1)
    expect(fs.statSync(files[0] ?? '').mode & 0o777).toBe(0o600)
    const text = fs.readFileSync(files[0] ?? '', 'utf8')
    expect(text).not.toContain('hidden')
    expect((await whyOf(sandbox, ['app.mjs'])).plainRuns.map(({ reason }) => reason)).toEqual(['absent', 'question: argv or another', 'question: argv or another'])
  })

  test('does not blame arguments that are the same, where another answer is new', async () => {
    sandbox.write('dependency.mjs', 'String(process.argv); process.env.MODE_OF_TEST\n')
    await sandbox.warmUp('client', ['app.mjs', 'argument'])
    await sandbox.run('client', ['app.mjs', 'argument'], { env: { MODE_OF_TEST: 'another' } })
    expect((await whyOf(sandbox, ['app.mjs', 'argument'])).plainRuns.at(-1)).toMatchObject({ reason: 'question: argv or another' })
  })

  test('is not added to by warm runs, and stays small', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    const [file = ''] = histories()
    const before = fs.readFileSync(file, 'utf8')
    await sandbox.run('client', ['app.mjs'])
    await sandbox.run('register', ['app.mjs'])
    expect(fs.readFileSync(file, 'utf8')).toBe(before)

    const line = `${JSON.stringify({ at: 1, reason: 'absent', entry: '/elsewhere.mjs' })}\n`
    fs.writeFileSync(file, line.repeat(400))
    sandbox.write('dependency.mjs', '')
    await sandbox.run('client', ['app.mjs'])
    await sandbox.untilSettled()
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n').map((each) => JSON.parse(each) as { reason: string })
    expect(fs.statSync(file).size).toBeLessThan(9000)
    expect(lines.length).toBeGreaterThan(100)
    expect(lines.at(-1)).toMatchObject({ reason: expect.stringMatching(/^stale: /) as string, entry: path.join(sandbox.project, 'app.mjs') })
  })

  test('has reasons for which no zygote would be made', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    for (const { pid } of sandbox.zygotes()) process.kill(pid, 'SIGSTOP')
    await sandbox.run('client', ['app.mjs'])
    expect((await whyOf(sandbox, ['app.mjs'])).plainRuns.at(-1)).toMatchObject({ reason: 'no-answer' })
    for (const { pid } of sandbox.zygotes()) process.kill(pid, 'SIGCONT')
  })
})
