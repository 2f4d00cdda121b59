import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { expectParity } from '../support/parity.js'
import { Sandbox, warmWays } from '../support/sandbox.js'
import { stress } from '../support/stress.js'

const abilities = ['timers', 'files', 'dns', 'crypto', 'spawn', 'fork', 'http', 'fetch', 'wasm', 'importJavaScript', 'importTypeScript', 'worker', 'zlib', 'garbage', 'jit']

const runs = scaled(500, 40)

/** Quick enough to be done often. */
const quick = ['timers', 'crypto', 'wasm', 'importJavaScript', 'garbage']

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(() => {
    sandbox = new Sandbox(node, 'abilities')
  })
  afterAll(() => sandbox.dispose())

  test.each(abilities)('a forked run can use %s', async (ability) => {
    const plain = await expectParity(sandbox, 'client', ['app.mjs', ability], { reference: 'off' })
    expect(plain).toMatchObject({ status: 0, stderr: '' })
  })

  test.each(warmWays)('a forked run can use all of them, with %s', async (way) => {
    const plain = await expectParity(sandbox, way, ['app.mjs'], { reference: 'off' })
    expect(plain.stdout.trim().split('\n')).toHaveLength(1 + abilities.length)
  })

  test(`${runs} runs with more in flight than processors all do the same`, async () => {
    const { stdout } = await sandbox.run('client', ['app.mjs', ...quick], { env: { INSTASTART: '0' } })
    await sandbox.run('client', ['app.mjs', ...quick])
    await sandbox.untilSettled()
    const { warm, wrong } = await stress(sandbox, 'client', ['app.mjs', ...quick], runs, stdout)
    expect(wrong).toEqual([])
    expect(warm).toBe(runs)
  }, 1_200_000)
})
