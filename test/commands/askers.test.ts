// `instastart why` tells who asks.
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand, whyOf } from '../support/commands.js'
import { nodes } from '../support/nodes.js'
import { Sandbox } from '../support/sandbox.js'

const modules: Record<string, string> = {
  // Nothing; for Node asks for variables as it is asked this.
  'idle.mjs': 'import util from "node:util"\nexport default util.inspect({})\n',
  'asks.mjs': `import { asked } from 'helper'
    export default [process.env.ASKED_BY_MODULE, 'ASKED_FOR_PRESENCE' in process.env, process.argv.includes('--asked'), process.cwd(), asked]\n`,
  'asks.cjs': 'const fs = require("node:fs")\nexports.all = [process.argv.slice(2), fs.fstatSync(0).isFile()]\nexports.again = process.env.ASKED_BY_MODULE\n',
  'typed.ts': 'enum Kind { Entry = 1 }\nexport default (process.argv[Kind.Entry] as string)\n',
  'node_modules/helper/package.json': '{ "type": "module", "main": "index.js" }',
  'node_modules/helper/index.js': 'export const asked = ((name) => process.env[name])("ASKED_BY_PACKAGE")\n',
  'app.mjs': 'import "./idle.mjs"\nimport "./asks.mjs"\nimport "./asks.cjs"\nimport "./typed.ts"\nconsole.log(process.env.ASKED_BY_ENTRY)\n',
}

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node)
    for (const [file, text] of Object.entries(modules)) sandbox.write(file, text)
  })
  afterEach(() => sandbox.dispose())

  test('each question is that of the module that has asked it first', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    const [zygote] = (await whyOf(sandbox, ['app.mjs'])).zygotes
    const askedBy = Object.fromEntries((zygote?.askedBy ?? []).map(({ file, questions }) => [
      path.relative(sandbox.project, file), { ...questions, variables: questions.variables.filter((name) => name.startsWith('ASKED_')) },
    ]))
    expect(Object.keys(askedBy).sort()).toEqual(['asks.cjs', 'asks.mjs', 'node_modules/helper/index.js', 'typed.ts'])
    expect(askedBy).toMatchObject({
      'asks.mjs': { arguments: ['--asked'], allArguments: false, variables: ['ASKED_BY_MODULE', 'ASKED_FOR_PRESENCE'], surroundings: ['the working directory'] },
      'node_modules/helper/index.js': { arguments: [], variables: ['ASKED_BY_PACKAGE'], surroundings: [] },
      'asks.cjs': { allArguments: true, variables: [], surroundings: ['what stdin is'] },
      'typed.ts': { variables: [], surroundings: ['the path of the entry'] },
    })
    const { stdout } = await runCommand(sandbox, ['why', 'app.mjs'])
    expect(stdout).toMatch(/^ +asks\.mjs +arguments --asked; variables ASKED_BY_MODULE ASKED_FOR_PRESENCE; the working directory$/m)
    expect(stdout).toMatch(/^ +asks\.cjs +all arguments; what stdin is$/m)
    expect(stdout).not.toMatch(/^ +(idle|app)\.mjs/m)
  })
})
