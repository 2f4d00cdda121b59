// JSON as an ES module with an export for each of its keys, as all other tools for TypeScript have it.
import fs from 'node:fs'

/** Reserved words can be names of exports, but not of variables; and no text that is not Unicode can be either. */
const exportOf = (name: string, index: number): string => {
  const text = JSON.stringify(name)
  return `const value${index} = all[${text}];\nexport { value${index} as ${text} };\n`
}

/** @throws {SyntaxError} as Node words it */
export const jsonModule = (file: string): string => {
  const text = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  let all: unknown
  try {
    all = JSON.parse(text)
  } catch (error) {
    (error as Error).message = `${file}: ${(error as Error).message}`
    throw error
  }
  const names = typeof all === 'object' && all !== null && !Array.isArray(all) ? Object.keys(all) : []
  const exportable = names.filter((name) => name !== 'default' && !/\p{Surrogate}/u.test(name))
  return `const all = JSON.parse(${JSON.stringify(text)});\nexport default all;\n${exportable.map(exportOf).join('')}`
}
