// The rows of the table that are programs of their own. `PARITY=1 npm test -- test/hooks/table` compares them with tsx, too.
import { describe, expect, test } from 'vitest'
import { nodes } from '../../support/nodes.js'
import { register, succeeded, tsx } from '../run.js'
import { printed, runProgram } from './program.js'
import { tsconfigPrograms } from './tsconfigs.js'

const programs = tsconfigPrograms.map((program) => [program.name, program] as const)

describe.each(nodes)('Node $version', (node) => {
  test.each(programs)('%s', (_, program) => {
    expect(runProgram(program, node, ['--import', register])).toEqual(succeeded(printed(program.prints)))
  })

  describe.runIf(process.env.PARITY)('tsx (only where PARITY=1: it takes as long again)', () => {
    test.each(programs)('%s', (_, program) => {
      const { stdout, stderr } = runProgram(program, node, ['--import', tsx])
      const isOther = program.tsx?.on?.includes(node.major) ?? true
      const expected = isOther && program.tsx ? program.tsx.prints : program.prints
      if (expected instanceof RegExp) expect(stderr).toMatch(expected)
      else expect({ stdout, stderr }).toEqual({ stdout: printed(expected), stderr: '' })
    })
  })
})
