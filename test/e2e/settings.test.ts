// `"instastart": {...}` in package.json.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, isWarm, plainReason } from '../support/sandbox.js'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node, 'settings')
  })
  afterEach(() => sandbox.dispose())

  const set = (settings: unknown) => sandbox.write('package.json', JSON.stringify({ type: 'module', instastart: settings }))

  const warm = async (entry: string): Promise<unknown> => {
    await sandbox.warmUp('register', [entry])
    const outcome = await sandbox.run('register', [entry])
    expect(isWarm(outcome), outcome.stderr).toBe(true)
    return JSON.parse(outcome.stdout) as unknown
  }

  test('without any, everything that is imported is evaluated before', async () => {
    expect(await warm('app.mjs')).toEqual({ safe: 'before', unsafe: 'before', own: 'before' })
  })

  test.each([['unsafe'], ['./node_modules/unsafe/index.js']])('gateBefore moves the gate in front of %s; what comes after it is evaluated in the run', async (name) => {
    set({ gateBefore: [name] })
    expect(await warm('app.mjs')).toEqual({ safe: 'before', unsafe: 'here', own: 'here' })
  })

  test('gateBefore moves the gate in front of a required package', async () => {
    set({ gateBefore: ['unsafe-cjs'] })
    expect(await warm('app.cjs')).toEqual({ safe: 'before', unsafe: 'here' })
  })

  test('a package that gateBefore names is one module however often a run requires it', async () => {
    set({ gateBefore: ['unsafe-cjs'] })
    expect(await warm('twice.cjs')).toEqual({ unsafe: 'here', isSame: true })
  })

  test('gateBefore a module that is never reached changes nothing', async () => {
    set({ gateBefore: ['nothing', './not-there.js'] })
    expect(await warm('app.mjs')).toEqual({ safe: 'before', unsafe: 'before', own: 'before' })
  })

  test.each([['./app.mjs'], ['./own.mjs'], ['unsafe']])('a program that is or imports the excluded %s is never warm', async (name) => {
    set({ exclude: [name] })
    const first = await sandbox.run('register', ['app.mjs'])
    if (plainReason(first) !== 'excluded') {
      const [manifest] = await sandbox.untilSettled()
      expect(manifest?.reason).toBe(`excluded: ${name}`)
    } else expect(debugLine(first)).toBe(`plain run: excluded: ${name}`)
    expect(debugLine(await sandbox.run('register', ['app.mjs']))).toMatch(/^plain run/)
    expect(sandbox.zygotes()).toEqual([])
  })

  test('idle is how long the zygote stays', async () => {
    set({ idle: 0.05 })
    await sandbox.run('register', ['app.mjs'])
    await expect.poll(() => sandbox.manifests().map(({ state }) => state), { timeout: 10_000 }).toEqual(['parked'])
    await expect.poll(() => sandbox.zygotes(), { timeout: 10_000 }).toEqual([])
  })

  test.each([
    [{ gateBefor: [] }, '"gateBefor" is no setting; there are gateBefore, exclude, idle, base, laterGate.'],
    [{ gateBefore: 'unsafe' }, '"gateBefore" must be a list of packages ("sharp") and paths ("./src/db.ts").'],
    [{ exclude: [5] }, '"exclude" must be a list of packages ("sharp") and paths ("./src/db.ts").'],
    [{ idle: -1 }, '"idle" must be a number of seconds above 0.'],
    [[], 'must be an object.'],
  ])('%j is an error that names the file and the setting', async (settings, problem) => {
    set(settings)
    const outcome = await sandbox.run('register', ['app.mjs'])
    expect(outcome.status).toBe(1)
    expect(outcome.stderr).toContain(`${sandbox.project}/package.json: "instastart": ${problem}`)
    expect(outcome.stderr).toContain('INSTASTART_SETTINGS')
    expect(await sandbox.run('register', ['app.mjs'], { env: { INSTASTART: '0' } })).toMatchObject({ status: 0 })
  })
})
