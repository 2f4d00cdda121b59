// Why a result is another one, where several rows have the same reason.
import type { Exception } from './row.js'

/** Nothing but internals of Node, which a plain run has not at hand, could change that. */
export const compiledOn20 = (result: unknown): Exception => ({
  because: 'Node 20 loads what a required ES module imports without hooks, so a required one of TypeScript is compiled to CommonJS',
  on: [20], in: 'commonjs', result,
})

export const compiledByTsx = (result: unknown): Exception =>
  ({ because: 'tsx compiles every ES module that is required to CommonJS', in: 'commonjs', result })

export const twiceByTsx: Exception =
  { because: 'tsx compiles every ES module that is required to CommonJS: the imported one is another', in: 'module', result: false }

export const customRequire = (result: unknown): Exception => ({
  because: 'on Node 20 tsx leaves imported CommonJS with the require of hooks, which has no cache and no extensions and fails for what it did not see',
  on: [20], in: 'module', result,
})
