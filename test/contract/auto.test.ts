// The explicit form: as fast as the original's README promises, and for the users of a package who know nothing of us.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { isContract, median, npmSettings, recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { runProgram, type Outcome } from '../support/program.js'
import { Sandbox, isWarm, type Way } from '../support/sandbox.js'

const root = path.resolve(import.meta.dirname, '../..')
const example = (name: string) => path.join(root, 'test/demo/python-example', name)
const bounds = [['node', 10], ['client', 50]] as const

describe.each(nodes)('on Node $version', (node) => {
  test('the original\'s example is 10 times faster from the second run on with node, 50 times with the command', async () => {
    await using sandbox = new Sandbox(node, undefined, 'any')
    const options = { cwd: root, timeoutMs: 60_000 }
    const repeat = async (way: Way, name: string, times: number) => {
      const outcomes: Outcome[] = []
      while (outcomes.length < times) outcomes.push(await sandbox.run(way, [example(name)], options))
      expect(outcomes.map(({ stdout, status }) => [stdout, status])).toEqual(outcomes.map(() => ['Hello world!\n', 0]))
      return outcomes
    }
    const slowMs = median((await repeat('node', 'slow.cjs', scaled(5, 1))).map(({ ms }) => ms))
    const factors: { factor: number, least: number, measured: string }[] = []
    for (const [way, least] of bounds) {
      await sandbox.warmUp(way, [example('fast.cjs')], options)
      const warm = await repeat(way, 'fast.cjs', scaled(11, 3))
      expect(warm.every(isWarm)).toBe(true)
      const ms = median(warm.map((outcome) => outcome.ms))
      const factor = slowMs / ms
      factors.push({ factor, least: least / scaled(1, 10), measured: `${way}: ${slowMs.toFixed(0)} ms, warm ${warm.map((outcome) => outcome.ms.toFixed(0)).join(', ')} ms` })
      recordFigure({ node: node.version, what: `the original's example with ${way}`, value: `${slowMs.toFixed(0)} ms, warm ${ms.toFixed(1)} ms: ${factor.toFixed(0)} times` })
    }
    for (const { factor, least, measured } of factors) expect(factor, measured).toBeGreaterThan(least)
  })
})

describe.runIf(isContract)('in full only', () => {
  test('a package whose bin calls launch(), installed from a tarball, is warm for its users', async () => {
    const [node] = nodes
    if (!node) throw new Error('no Node')
    await using sandbox = new Sandbox(node, undefined, 'any')
    const shell = async (command: string, cwd = sandbox.project) => {
      const outcome = await runProgram('/bin/sh', ['-c', command], { cwd, env: sandbox.env({ ...npmSettings(), INSTASTART_MIN_SAVING: '' }), timeoutMs: 300_000 })
      expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ status: 0 })
      return outcome
    }
    const [tarball] = JSON.parse((await shell(`npm pack --json --pack-destination '${sandbox.directory}'`, root)).stdout.replace(/^[^[]*/s, '')) as { filename: string }[]
    sandbox.write('greet/package.json', JSON.stringify({
      name: 'greet', version: '1.0.0', type: 'module', bin: './bin.js', dependencies: { instastart: '*', mathjs: '15.2.0' },
    }))
    sandbox.write('greet/bin.js', "#!/usr/bin/env node\nimport { launch } from 'instastart/auto'\nlaunch(new URL('./cli.js', import.meta.url))\n")
    sandbox.write('greet/cli.js', "import { sqrt } from 'mathjs'\nconsole.log('Hello', ...process.argv.slice(2), sqrt(16))\n")
    fs.chmodSync(path.join(sandbox.project, 'greet/bin.js'), 0o755)
    await shell(`npm pack --pack-destination '${sandbox.directory}'`, path.join(sandbox.project, 'greet'))
    fs.mkdirSync(path.join(sandbox.project, 'user'))
    const user = path.join(sandbox.project, 'user')
    await shell(`npm init -y && npm install '${sandbox.directory}/${tarball?.filename}' '${sandbox.directory}/greet-1.0.0.tgz'`, user)
    const first = await shell('npx greet a b', user)
    expect(first.stdout).toBe('Hello a b 4\n')
    await sandbox.untilParked()
    const second = await shell('npx greet a b', user)
    expect(second.stdout).toBe('Hello a b 4\n')
    expect(isWarm(second), second.stderr).toBe(true)
    recordFigure({ node: node.version, what: 'npx greet, installed from a tarball', value: `${first.ms.toFixed(0)} ms, then ${second.ms.toFixed(0)} ms` })
    fs.writeFileSync(path.join(user, 'app.ts'), 'console.log(6 * (7 as number))\n')
    expect((await shell('npx instastart app.ts', user)).stdout).toBe('42\n')
  }, 600_000)
})
