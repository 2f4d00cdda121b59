// What a row of the table is: a module in a folder of its own, and what its export `result` must be.
import type { NodeBinary } from '../../support/nodes.js'

export const packageTypes = ['module', 'commonjs'] as const

/** Of the project that the rows are in: what a `.ts` file without a package.json of its own is. */
export type PackageType = (typeof packageTypes)[number]

/** Where a result is another one, and why. */
export interface Exception {
  because: string
  /** A regular expression for what is not a result but an error. */
  result: unknown
  /** Majors; all by default. */
  on?: readonly number[]
  /** Both by default. */
  in?: PackageType
}

export interface Row {
  /** A sentence. */
  name: string
  /** By path. The first one is the module that exports `result`, a promise too. */
  files: Record<string, string>
  result: unknown
  /** Where Node makes it another one for everybody. */
  except?: readonly Exception[]
  /** Where tsx has another result than we, and is wrong. Else it is expected to have the same. */
  tsx?: readonly Exception[]
  /** The package types in which it is a row at all. */
  only?: PackageType
}

/** What is required to be printed: results pass through JSON, which has no `undefined`. */
export const asPrinted = (result: unknown): unknown => (result === undefined ? null : JSON.parse(JSON.stringify(result)))

const exceptionFor = (exceptions: readonly Exception[] | undefined, { major }: NodeBinary, type: PackageType): Exception | undefined =>
  exceptions?.find((exception) => (exception.on?.includes(major) ?? true) && (exception.in ?? type) === type)

export const expectedOfUs = (row: Row, node: NodeBinary, type: PackageType): unknown =>
  (exceptionFor(row.except, node, type) ?? row).result

export const expectedOfTsx = (row: Row, node: NodeBinary, type: PackageType): unknown =>
  (exceptionFor(row.tsx, node, type) ?? exceptionFor(row.except, node, type) ?? row).result
