// All rows of one package type as one project, with an entry that loads them one by one and one that imports them all.
import fs from 'node:fs'
import path from 'node:path'
import type { PackageType, Row } from './row.js'

export const writeFiles = (directory: string, files: Record<string, string>): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, text)
  }
}

const moduleOf = ({ files }: Row, index: number): string => `./rows/${index}/${Object.keys(files)[0]}`

const print = `
const print = async () => {
  for (const [name, result] of Object.entries(results)) results[name] = (await result) ?? null
  console.log(JSON.stringify(results))
}
print()
`

/** An error is a result, too. */
const oneByOne = (rows: readonly Row[], type: PackageType): string => {
  const load = type === 'module' ? 'await import(file)' : 'require(file)'
  return `
const results: Record<string, unknown> = {}
for (const [name, file] of ${JSON.stringify(rows.map((row, index) => [row.name, moduleOf(row, index)]))}) {
  try {
    results[name] = (${load}).result
  } catch (error) {
    results[name] = String(error)
  }
}
${print}${type === 'module' ? 'export {}' : ''}
`
}

const allAtOnce = (rows: readonly Row[]): string => `
${rows.map((row, index) => `import { result as result${index} } from ${JSON.stringify(moduleOf(row, index))}`).join('\n')}
const results: Record<string, unknown> = {
${rows.map(({ name }, index) => `  ${JSON.stringify(name)}: result${index},`).join('\n')}
}
${print}
`

export const writeProject = (directory: string, rows: readonly Row[], type: PackageType): void => {
  writeFiles(directory, {
    'package.json': JSON.stringify({ name: 'project', type }),
    'one-by-one.ts': oneByOne(rows, type),
    'all-at-once.ts': allAtOnce(rows),
  })
  rows.forEach(({ files }, index) => writeFiles(path.join(directory, 'rows', String(index)), files))
}
