// A file that appears and is taken instead of another makes the zygote stale, though no file of the program has changed.
import { afterAll, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { debugLine, Sandbox } from '../support/sandbox.js'

describe.each(nodes)('Node $version', (node) => {
  const sandbox = new Sandbox(node)
  afterAll(() => sandbox.dispose())

  test('a warm program sees TypeScript that appears beside JavaScript', async () => {
    sandbox.write('package.json', '{"type":"module"}')
    sandbox.write('app.ts', `import { value } from './a.js'\nconsole.log(value)\n`)
    sandbox.write('a.js', `export const value = 'JavaScript'\n`)
    await sandbox.warmUp('register', ['app.ts'])
    expect(debugLine(await sandbox.run('register', ['app.ts']))).toMatch(/^warm run/)

    sandbox.write('a.ts', `export const value: string = 'TypeScript'\n`)
    const outcome = await sandbox.run('register', ['app.ts'])
    expect(outcome.stdout).toBe('TypeScript\n')
    expect(debugLine(outcome)).toBe(`plain run: stale: ${sandbox.project}/a.ts`)
    await sandbox.untilParked(1)
  })
})
