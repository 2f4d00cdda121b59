// `instastart doctor`: whether this machine, this installation and the present environment allow warm runs; if not, why, and what to do.
import { environmentChecks } from './doctor-environment.js'
import { installationChecks } from './doctor-installation.js'
import { machineChecks } from './doctor-machine.js'
import { programChecks } from './doctor-programs.js'
import type { Check } from './check.js'
import type { Command } from './command.js'
import { aligned, styledState, wrapped } from './style.js'

const print = (checks: Check[]) => {
  const lines = aligned(checks.map(({ name, state, found }) => [styledState(state), name, found]))
  checks.forEach(({ advice }, i) => process.stdout.write(`${lines[i]}\n${advice ? wrapped(advice, '    ') : ''}`))
}

export const doctor: Command = {
  summary: 'whether this machine and environment allow warm runs, and what to do',
  usage: '[--json]',
  help: {},
  options: {},
  run({ values }) {
    const checks = [...machineChecks(), ...installationChecks(), ...environmentChecks(), ...programChecks()]
    if (values.json) process.stdout.write(`${JSON.stringify({ checks }, undefined, 2)}\n`)
    else print(checks)
    return checks.some(({ state }) => state === 'failed') ? 1 : 0
  },
}
