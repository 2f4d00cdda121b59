// `npm run contract` does the same tests as `npm test`, in full, and shows what they measured.
import fs from 'node:fs'
import type { NodeBinary } from './nodes.js'

export const isContract = process.env.CONTRACT_FIGURES !== undefined

/** How often or how strictly: in full, or as `npm test` can afford it. */
export const scaled = <T>(full: T, small: T): T => (isContract ? full : small)

/** All cases in full; else each on every second major, so that all of them are done on two. */
export const sampled = <T>(cases: readonly T[], { major }: NodeBinary): T[] =>
  (isContract ? [...cases] : cases.filter((_, i) => (i + major / 2) % 2 === 0))

export interface Figure {
  node: string
  what: string
  value: string
}

/** One line of the table that `npm run contract` prints. */
export const recordFigure = (figure: Figure): void => {
  const file = process.env.CONTRACT_FIGURES
  if (file) fs.appendFileSync(file, `${JSON.stringify(figure)}\n`)
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** How npm reaches the registry from here. */
export const npmSettings = (): Record<string, string> => Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] =>
  /^(HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|https?_proxy|no_proxy|npm_config_(cafile|cache|registry|userconfig))$/i.test(entry[0])))
