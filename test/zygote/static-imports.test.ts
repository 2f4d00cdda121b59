import { expect, test } from 'vitest'
import { staticImports } from '../../loader/zygote/static-imports.js'

const statements = (source: string) => staticImports(source)?.map(({ statement }) => statement)

test('imports and re-exports are found in order', () => {
  const source = 'import a, { b as c } from "a"\nexport * from "b"; export { d } from "d"; import "e"; console.log(await import("no"))'
  expect(statements(source)).toEqual(['import "a";', 'import "b";', 'import "d";', 'import "e";'])
})

test('attributes are repeated', () => {
  expect(statements('import a from "./a.json" with { type: "json" }')).toEqual(['import "./a.json" with { "type": "json" };'])
})

test('source-phase and deferred imports, which evaluate nothing, are left alone', () => {
  expect(statements('import source a from "./a.wasm"; import defer * as b from "b"; import "c"')).toEqual(['import "c";'])
})

test('an export without a source is no import', () => {
  expect(statements('export const a = 1; export { a as b }; export default a')).toEqual([])
})

test('what cannot be parsed is not guessed at', () => {
  expect(statements('import { from')).toBeUndefined()
})
