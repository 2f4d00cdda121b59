// What modules ask of the environment before the gate: a zygote serves those who would get the same answers, and nobody else.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordFigure, sampled, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { randomBy } from '../support/random.js'
import { Sandbox, debugLine, isWarm, withoutDebugLines } from '../support/sandbox.js'

const programs = scaled(500, 6)

const names = ['Q_A', 'Q_B', 'Q_C', 'Q_D']

/** Ways to ask, of `name` and `other`. */
const ways: ((name: string, other: string) => string)[] = [
  (name) => `env.${name}`,
  (name) => `process.env['${name}'] ?? 'none'`,
  (name) => `'${name}' in env`,
  (name) => `Object.hasOwn(env, '${name}')`,
  (name) => `Object.getOwnPropertyDescriptor(env, '${name}')?.value`,
  (name) => `({ ...env }).${name}`,
  (name, other) => `env.${name} ? env.${other} : 'not asked'`,
  (name) => `(() => { try { return env.${name}.length } catch { return 'caught' } })()`,
  (name) => `(() => { const value = env.${name}; env.${name} = 'changed'; const seen = env.${name}; delete env.${name}; return [value, seen, env.${name}] })()`,
  (name) => `Object.getOwnPropertyNames(env).includes('${name}')`,
  () => 'Object.keys(env).filter(isOurs).sort().join()',
  () => 'Reflect.ownKeys(env).filter(isOurs).length',
  () => 'Object.entries(env).filter(([name]) => isOurs(name)).sort().join()',
  () => 'Object.values(env).filter((value) => value.startsWith(\'value\')).sort().join()',
  () => 'JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(env))).filter(([name]) => isOurs(name)).sort()))',
  () => '(() => { const found = []; for (const name in env) if (isOurs(name)) found.push(name); return found.sort().join() })()',
  (name) => `process.argv.includes('--${name}')`,
  (name) => `process.argv.indexOf('--${name}') > 2`,
  () => 'process.argv.slice(2).length',
  () => 'process.argv[2]',
]

const moduleOf = (expressions: string[]) => `const { env } = process
const isOurs = (name) => name.startsWith('Q_')
export const answers = [${expressions.join(', ')}]
`

/** Ways to keep what is another in every process, as pairs of its name and what was kept; or what is the same in all. */
const keepings = [
  '["pid", process.pid]',
  '["ppid", (({ ppid }) => ppid)(process)]',
  '["pid", Reflect.get(process, "pid")]',
  '["none", typeof process.pid, typeof process.ppid === "number"]',
  '["title", process.title]',
  '["title", (process.title = "kept", process.title)]',
  '["argv0", process.argv0]',
]

const keeperOf = (expression: string) => `export const kept = ${expression}\n`

const keepingEntry = `import { answers } from './asks.mjs'
import { kept } from './keeps.mjs'
const [name, ...values] = kept
console.log(JSON.stringify(answers), name, values.map((value) => value === process[name] || value), process.title)
`

const entry = `import { answers } from './asks.mjs'
console.log(JSON.stringify([answers, Object.entries(process.env).filter(([name]) => name.startsWith('Q_')).sort(), process.argv.slice(2)]))
`

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', entry)
  })
  afterEach(() => sandbox.dispose())

  const run = async (env: Record<string, string>, args: string[] = []) => {
    const outcome = await sandbox.run('client', ['app.mjs', ...args], { env })
    await sandbox.untilSettled()
    return outcome
  }
  const plainly = (env: Record<string, string>, args: string[] = []) => sandbox.run('client', ['app.mjs', ...args], { env: { ...env, INSTASTART: '0' } })

  test('a variable that no module asks for may be anything', async () => {
    sandbox.write('asks.mjs', moduleOf(['env.Q_A']))
    await run({ Q_A: 'value' })
    for (const env of [{}, { Q_B: '1' }, { Q_B: '2', Q_C: '3' }, { NO_COLOR: '1' }, { PWD: '/elsewhere', TERM: 'dumb' }]) {
      const outcome = await run({ Q_A: 'value', ...env })
      expect(debugLine(outcome)).toMatch(/^warm run/)
      expect(outcome.stdout).toBe((await plainly({ Q_A: 'value', ...env })).stdout)
    }
  })

  test('a TypeScript program that asks for none is warm with any', async () => {
    sandbox.write('app.ts', 'import { add } from "./add.ts"\nenum Kind { A = 1 }\nconsole.log(add(Kind.A, 1), process.env.Q_A)\n')
    sandbox.write('add.ts', 'export const add = (a: number, b: number): number => a + b\n')
    await sandbox.warmUp('client', ['app.ts'], { env: { Q_A: '1' } })
    for (const Q_A of ['2', '3']) {
      const outcome = await sandbox.run('client', ['app.ts'], { env: { Q_A } })
      expect(debugLine(outcome)).toMatch(/^warm run/)
      expect(outcome.stdout).toBe(`2 ${Q_A}\n`)
    }
  })

  test('another value of one that is asked for is a plain run, then another zygote\'s, and both stay warm', async () => {
    sandbox.write('asks.mjs', moduleOf(['env.Q_A']))
    const values = ['one', 'two', 'one', 'two', 'one']
    const outcomes = []
    for (const Q_A of values) outcomes.push(await run({ Q_A }))
    expect(outcomes.map(isWarm)).toEqual([false, false, true, true, true])
    expect(outcomes.map(({ stdout }) => (JSON.parse(stdout) as [string[]])[0][0])).toEqual(values)
  })

  test('what differs in every session counts where it is asked for by name, and not among all', async () => {
    for (const [asks, isCounted] of [['env.SSH_TTY', true], ['Object.entries(env).length', false], ['({ ...env }).Q_A', false], ['[Object.keys(env).length, env.SSH_TTY][1]', true]] as const) {
      await using own = new Sandbox(node)
      own.write('app.mjs', entry)
      own.write('asks.mjs', moduleOf([asks]))
      const from = (SSH_TTY: string, more = {}) => own.run('client', ['app.mjs'], { env: { SSH_TTY, INSTASTART: '1', ...more } })
      await from('/dev/pts/1')
      await own.untilSettled()
      const outcome = await from('/dev/pts/2')
      await own.untilSettled()
      expect([asks, !isWarm(outcome)]).toEqual([asks, isCounted])
      expect(outcome.stdout).toBe((await from('/dev/pts/2', { INSTASTART: '0' })).stdout)
    }
  })

  test.each(sampled(ways.slice(0, 16), node).map((way) => [way('Q_A', 'Q_B')]))('%s gets the answer that plain Node gets', async (expression) => {
    sandbox.write('asks.mjs', moduleOf([expression]))
    const before = { Q_A: 'value 1', Q_B: 'value 2' }
    await run(before)
    const again = await run(before)
    expect(debugLine(again)).toMatch(/^warm run/)
    for (const env of [{ Q_A: 'value 3', Q_B: 'value 2' }, { Q_B: 'value 2' }, { ...before, Q_C: 'value 4' }] as Record<string, string>[]) {
      expect((await run(env)).stdout).toBe((await plainly(env)).stdout)
    }
  })

  test(`${programs} random programs in random environments with random arguments do what plain Node does`, async () => {
    let warm = 0
    const unequal: unknown[] = []
    for (let seed = 0; seed < programs; seed++) {
      await using own = new Sandbox(node)
      const random = randomBy(seed * 4 + node.major)
      const pick = <T>(list: readonly T[]) => list[random(list.length)] as T
      const expressions = Array.from({ length: 1 + random(3) }, () => pick(ways)(pick(names), pick(names)))
      own.write('asks.mjs', moduleOf(expressions))
      own.write('keeps.mjs', keeperOf(pick(keepings)))
      own.write('app.mjs', random(3) === 0 ? keepingEntry : entry)
      const situations = Array.from({ length: 3 }, () => ({
        env: Object.fromEntries(names.filter(() => random(3) > 0).map((name) => [name, `value ${random(2)}`])),
        args: names.filter(() => random(4) === 0).map((name) => `--${name}`),
      }))
      for (const { env, args } of [...situations, ...situations]) {
        const plain = await own.run('client', ['app.mjs', ...args], { env: { ...env, INSTASTART: '0' } })
        const outcome = await own.run('client', ['app.mjs', ...args], { env })
        await own.untilSettled()
        if (isWarm(outcome)) warm++
        const isEqual = outcome.stdout === plain.stdout && withoutDebugLines(outcome.stderr) === withoutDebugLines(plain.stderr)
        if (!isEqual) unequal.push({ seed, expressions, env, args, outcome, plain })
      }
    }
    recordFigure({ node: node.version, what: `${programs} random programs x 6`, value: `${warm} warm, ${unequal.length} unequal` })
    expect(unequal).toEqual([])
    expect(warm).toBeGreaterThan(programs)
  }, 7_200_000)
})
