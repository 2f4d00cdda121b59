// npm run bench [-- --node 24 --section totals --only hello --rounds 10 --json file --svg folder]. README.md has the method.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { BenchSandbox, project } from './bench-sandbox.js'
import * as floor from './sections/floor.js'
import * as mechanism from './sections/mechanism.js'
import * as memory from './sections/memory.js'
import * as profile from './sections/profile.js'
import * as rate from './sections/rate.js'
import * as throughput from './sections/throughput.js'
import * as totals from './sections/totals.js'
import { chart } from './svg.js'

const sections = {
  floor: { ...floor, measure: floor.measureFloor },
  mechanism: { ...mechanism, measure: mechanism.measureMechanism },
  totals: { ...totals, measure: totals.measureTotals },
  throughput: { ...throughput, measure: throughput.measureThroughput },
  memory: { ...memory, measure: memory.measureMemory },
  rate: { ...rate, measure: rate.measureRate },
  profile: { ...profile, measure: profile.measureProfile },
}

const list = { type: 'string', multiple: true }
const { values } = parseArgs({ options: { node: list, section: list, only: list, rounds: { type: 'string', default: '20' }, json: { type: 'string' }, svg: { type: 'string' } } })

const root = path.resolve(import.meta.dirname, '../..')
const rounds = Number(values.rounds)
if (!(rounds >= 1)) throw new Error(`--rounds must be a number above 0, not ${values.rounds}.`)
const unknown = values.section?.find((name) => !(name in sections))
if (unknown) throw new Error(`There is no section ${unknown}, but ${Object.keys(sections).join(', ')}.`)

const nodes = (values.node ?? ['20', '22', '24', '26']).map((major) => {
  const execPath = path.join(root, 'node_modules', `node${major}`, 'bin', 'node')
  const version = execFileSync(execPath, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
  return { execPath, version, major: Number(major) }
})

/** The peers are large, and for this only. */
if (!fs.existsSync(path.join(project, 'node_modules'))) {
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--workspaces=false'], { cwd: project, stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm install in ${project} failed.`)
}

const digits = (value) => value.toFixed(value < 100 ? 1 : 0)
const isSummary = (table) => Object.keys(table).length > 0 && Object.values(table).every((each) => typeof each.median === 'number')

const print = (heading, table, unit) => {
  const width = Math.max(...Object.keys(table).map((name) => name.length))
  const first = Object.values(table)[0]
  console.log(`\n${heading}\n${''.padEnd(width)}  ${['min', 'median', '10 %', '90 %', 'of first'].map((name) => name.padStart(9)).join('')}   (${unit})`)
  for (const [name, { min, median, low, high }] of Object.entries(table)) {
    console.log(`${name.padEnd(width)}  ${[min, median, low, high].map((value) => digits(value).padStart(9)).join('')}${(median / first.median).toFixed(2).padStart(9)}`)
  }
}

console.log(`${os.cpus()[0]?.model}, ${os.cpus().length} processors, Linux ${os.release()}`)
const results = {}
for (const node of nodes) {
  const sandbox = new BenchSandbox(node)
  try {
    for (const [name, { title, unit, measure }] of Object.entries(sections)) {
      if (values.section && !values.section.includes(name)) continue
      const result = await measure(sandbox, { rounds, only: values.only })
      ;(results[node.version] ??= {})[name] = result
      const tables = isSummary(result) ? { '': result } : result
      for (const [part, table] of Object.entries(tables)) {
        const heading = `Node ${node.version}, ${title}${part && `, ${part}`}`
        print(heading, table, unit)
        if (values.svg) {
          fs.mkdirSync(values.svg, { recursive: true })
          fs.writeFileSync(path.join(values.svg, `${[name, part, node.major].filter(Boolean).join('-')}.svg`), chart(heading, table, unit))
        }
      }
    }
  } finally {
    sandbox.dispose()
  }
}
if (values.json) fs.writeFileSync(values.json, JSON.stringify(results, undefined, 2))
