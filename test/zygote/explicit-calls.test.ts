import { expect, test } from 'vitest'
import { explicitCalls } from '../../loader/zygote/explicit-calls.js'

const isAuto = (specifier: string) => specifier === 'instastart/auto'
const none = { start: false, isAwaited: false, launch: false }

test.each([
  ['import { start } from "instastart/auto"; start()', { start: true }],
  ['import { start as begin } from "instastart/auto"; if (x) begin()', { start: true }],
  ['import * as i from "instastart/auto"; function main() { i.start() }', { start: true }],
  ['import i from "instastart/auto"; await i.start()', { start: true, isAwaited: true }],
  ['import { start } from "instastart/auto"; await start(); start()', { start: true }],
  ['import { serve } from "instastart/auto"; await serve(main)', { start: true }],
  ['import { launch } from "instastart/auto"; launch(url)', { launch: true }],
  ['const { start, done } = require("instastart/auto"); start()', { start: true }],
  ['const i = require("instastart/auto"); i.start()', { start: true }],
  ['require("instastart/auto").launch(file)', { launch: true }],
  ['var import_auto = __toESM(require("instastart/auto")); (0, import_auto.start)()', { start: true }],
  ['async function main() { await (0, import_auto.start)() } var import_auto = require("instastart/auto"); main()', { start: true, isAwaited: true }],
])('%s', (source, calls) => {
  expect(explicitCalls(source, isAuto)).toEqual({ ...none, ...calls })
})

test.each([
  'import { isWarm } from "instastart/auto"; isWarm',
  'import { start } from "elsewhere"; start()',
  'import "instastart/auto"; start()',
  'start()',
  'import { start } from "instastart/auto"',
  'broken (',
])('%s has none', (source) => {
  expect(explicitCalls(source, isAuto)).toEqual(none)
})
