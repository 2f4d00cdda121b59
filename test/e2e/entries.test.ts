import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everyNode } from '../support/nodes.js'
import { expectParity, type Effects } from '../support/parity.js'
import { Sandbox, debugLine, isWarm, warmWays } from '../support/sandbox.js'

const entries = ['app.mjs', 'app.cjs', 'app.mts', 'app.cts']

/** The parent is the process that runs the tests: the same for every run. */
const seen = ({ stdout }: Effects) => JSON.parse(stdout) as Record<string, unknown>

describe.each(everyNode)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(() => {
    sandbox = new Sandbox(node, 'entries')
  })
  afterAll(() => sandbox.dispose())

  describe.each(warmWays)('with %s', (way) => {
    test.each(entries)('%s is warm from the second run on and sees what a plain run sees', async (entry) => {
      const plain = await expectParity(sandbox, way, [entry, 'one', '--two=2', ''], { reference: 'off', normalize: withoutSwitch })
      expect(plain.status).toBe(3)
      expect(seen(plain)).toMatchObject({ isOwnPid: true, ppid: process.pid, isNumber: 'number' })
      const third = await sandbox.run(way, [entry, 'other', 'arguments'])
      expect(debugLine(third)).toMatch(/^warm run/)
      expect(JSON.parse(third.stdout)).toMatchObject({ argv: [expect.any(String), expect.stringContaining(entry), 'other', 'arguments'] })
    })

    test.each([['alone.mjs', 'alone.mjs undefined 2\n'], ['alone.cjs', 'alone.cjs function true 2\n']])('%s, which imports nothing, is warm', async (entry, printed) => {
      const plain = await expectParity(sandbox, way, [entry], { reference: 'off' })
      expect(plain.stdout).toBe(printed)
    })

    test('an entry that imports itself with a query is two modules', async () => {
      const plain = await expectParity(sandbox, way, ['itself.mjs'], { reference: 'off' })
      expect(plain.stdout).toBe("[ 'itself.mjs', 'itself.mjs?again' ]\n")
    })

    test('stdin is passed, to its end', async () => {
      await expectParity(sandbox, way, ['app.mjs', '--read-stdin'], { stdin: 'line\n'.repeat(50_000), reference: 'off', normalize: withoutSwitch })
    })

    test('the umask is the caller\'s', async () => {
      const plain = await expectParity(sandbox, way, ['app.mjs'], { umask: '027', reference: 'off', normalize: withoutSwitch })
      expect(seen(plain).umask).toBe('27')
    })

    test('an entry named by its absolute path, or from another directory, is served there', async () => {
      const plain = await expectParity(sandbox, way, [`${sandbox.project}/app.cjs`], { cwd: sandbox.directory, reference: 'off', normalize: withoutSwitch })
      expect(seen(plain).cwd).toBe(sandbox.directory)
    })

    test('another value of a variable is seen, and so is a removed one', async () => {
      const first = await sandbox.run(way, ['app.mjs'], { env: { VALUE: 'first', EXIT_CODE: '0' } })
      await sandbox.untilSettled()
      const second = await sandbox.run(way, ['app.mjs'], { env: { VALUE: 'second', EXIT_CODE: '0' } })
      await sandbox.untilSettled()
      const none = await sandbox.run(way, ['app.mjs'], { env: { EXIT_CODE: '0' } })
      const valueIn = (stdout: string) => (JSON.parse(stdout) as { env: { VALUE?: string } }).env.VALUE
      expect([first, second, none].map(({ stdout }) => valueIn(stdout))).toEqual(['first', 'second', undefined])
      expect([first, second, none].map(({ status }) => status)).toEqual([0, 0, 0])
    })

    test('INSTASTART=0 is a plain run', async () => {
      const outcome = await sandbox.run(way, ['app.mjs'], { env: { INSTASTART: '0' } })
      expect(debugLine(outcome)).toBe('plain run: INSTASTART=0')
      expect(isWarm(outcome)).toBe(false)
    })
  })
})

/** The reference has one variable more, by which it is plain. */
const withoutSwitch = (effects: Effects): Effects => ({ ...effects, stdout: effects.stdout.replace(/,"INSTASTART"(?=[,\]])/, '') })
