import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { expectParity, type Effects } from '../support/parity.js'
import { Sandbox, warmWays } from '../support/sandbox.js'

/** `status` or `signal` as plain Node has it, so that the tests do not only compare two wrong answers. */
const ways: [way: string, argument: string, end: number | NodeJS.Signals][] = [
  ['exit', '0', 0], ['exit', '1', 1], ['exit', '7', 7], ['exit', '255', 255], ['exit', '256', 0], ['exit', '-1', 255],
  ['exitCode', '0', 0], ['exitCode', '9', 9], ['exitCode', '256', 0],
  ['throw', '', 1], ['throwLater', '', 1], ['throwText', '', 1], ['asyncThrow', '', 1], ['handleException', '', 0],
  ['reject', '', 1], ['rejectText', '', 1],
  ['exitListenerWrites', '3', 3], ['exitListenerAfterExit', '4', 4], ['exitListenerAfterThrow', '', 1],
  ['exitListenerSetsCode', '9', 9], ['exitListenerExits', '8', 8], ['exitListenerThrows', '', 1], ['lastListenerSetsCode', '9', 9],
  ['exitListenerPromises', '', 0], ['exitListenerRejects', '', 1], ['emitsExit', '', 0],
  ['beforeExit', '', 0], ['runsDry', '', 0], ['unrefd', '', 0],
  ['killSelf', 'SIGKILL', 'SIGKILL'], ['killSelf', 'SIGTERM', 'SIGTERM'], ['killSelf', 'SIGINT', 'SIGINT'], ['killSelf', 'SIGHUP', 'SIGHUP'],
  ['handleSignal', 'SIGTERM', 5], ['handleSignal', 'SIGUSR2', 5], ['handleSignal', 'SIGINT', 5],
  ['manyLines', '10000', 0], ['manyLinesThenExit', '10000', 6],
]

const expectEnd = ({ status, signal }: Effects, end: number | NodeJS.Signals) => {
  expect({ status, signal }).toEqual(typeof end === 'number' ? { status: end, signal: null } : { status: null, signal: end })
}

const withoutPids = (effects: Effects): Effects => ({ ...effects, stderr: effects.stderr.replaceAll(/\(node:\d+\)/g, '(node:PID)') })

/** Which of Node's own functions load the entry depends on its options: with any `--import`, another loader than without. */
const withoutInternalFrames = (effects: Effects): Effects => {
  const { stderr, ...rest } = withoutPids(effects)
  return { ...rest, stderr: stderr.replaceAll(/^ +at .*\(?node:.*\n/gm, '') }
}

/** The native stack that Node prints has addresses in it. */
const withoutStack = (effects: Effects): Effects => ({ ...effects, stderr: '' })

/** The log of a database has random numbers in it: which files there are is what matters. */
const withoutContents = (effects: Effects): Effects => ({
  ...withoutInternalFrames(effects),
  files: Object.fromEntries(Object.entries(effects.files).map(([name, text]) => [name, name === 'seen.txt' ? text : ''])),
})

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeAll(() => {
    sandbox = new Sandbox(node, 'ways-out')
  })
  afterAll(() => sandbox.dispose())

  describe.each(warmWays)('with %s', (run) => {
    describe.each(['app.mjs', 'app.cjs'])('%s', (entry) => {
      test.each(ways)('%s %s ends as in plain Node', async (way, argument, end) => {
        expectEnd(await expectParity(sandbox, run, [entry, way, argument], { normalize: withoutInternalFrames }), end)
      })

      test('process.abort() ends by SIGABRT', async () => {
        expectEnd(await expectParity(sandbox, run, [entry, 'abort'], { normalize: withoutStack }), 'SIGABRT')
      })
    })

    test('an unsettled top-level await ends with 13, and with Node\'s warning where it has one', async () => {
      expectEnd(await expectParity(sandbox, run, ['app.mjs', 'unsettled']), 13)
    })

    test.runIf(node.major >= 22).each([['runs dry', 0], ['exit', 4], ['throw', 1]] as const)(
      'the files of an open node:sqlite database are left as in plain Node: %s (Node 22 and newer)',
      async (way, status) => {
        const plain = await expectParity(sandbox, run, ['sqlite.mjs', way], { normalize: withoutContents })
        expectEnd(plain, status)
        expect(plain.files['seen.txt']).toContain('data.sqlite-wal')
      },
    )
  })
})
