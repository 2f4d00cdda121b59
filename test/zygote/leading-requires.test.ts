import { transformSync } from 'esbuild'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { leadingRequires } from '../../loader/zygote/leading-requires.js'

const leading: Record<string, [source: string, specifiers: string[]]> = {
  'a bare require': ['require("a")', ['a']],
  'declarations and destructuring': ['"use strict"; const a = require("a"), { b, c: { d } } = require("b"); let e', ['a', 'b']],
  'a property of a required module': ['const a = require("a").b.c', ['a']],
  'functions and plain classes': ['function f() { require("no") } class A { m() {} } require("a")', ['a']],
  'assignments to its own exports': ['exports.a = 1; module.exports.b = require("b"); exports.c = void 0; require("c")', ['b', 'c']],
  'a hashbang': ['#!/usr/bin/env node\nrequire("a")', ['a']],
  'no require at all': ['console.log(1)', []],
}

const ends: Record<string, string> = {
  'a call of what was required': 'require("a"); require("dotenv").config(); require("b")',
  'a call': 'require("a"); main(); require("b")',
  'a condition': 'require("a"); if (process.env.X) require("b"); require("c")',
  'a require in a branch': 'require("a"); const b = x ? require("b") : null',
  'a computed require': 'require("a"); const b = require("./" + name); require("c")',
  'destructuring with a default': 'require("a"); const { b = f() } = require("b")',
  'a class with a static member': 'require("a"); class B { static c = f() }; require("d")',
  'a class with a computed key': 'require("a"); class B { [f()]() {} } require("d")',
  'an assignment to a global': 'require("a"); globalThis.b = 1; require("c")',
  'a new object': 'require("a"); const b = new Map(); require("c")',
  'a template with a value': 'require("a"); const b = `${c}`; require("d")',
}

describe('leading', () => {
  test.each(Object.entries(leading))('%s', (_, [source, specifiers]) => {
    expect(leadingRequires(source)).toEqual(specifiers)
  })
})

describe('the leading part ends at', () => {
  test.each(Object.entries(ends))('%s', (_, source) => {
    expect(leadingRequires(source)).toEqual(['a'])
  })
})

describe('compiled modules have their gate after the last hoisted require', () => {
  const source = `import a from "a"; import * as b from "b"; export { c } from "c"; export * from "d"; import { e } from "e";
    enum X { A }; console.log(a, b, e, X.A); export const z = 1`

  test('tsc', () => {
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS, esModuleInterop: true } })
    expect(leadingRequires(outputText)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('tsc with importHelpers', () => {
    const compilerOptions = { module: ts.ModuleKind.CommonJS, esModuleInterop: true, importHelpers: true }
    const { outputText } = ts.transpileModule(source, { compilerOptions })
    expect(leadingRequires(outputText)).toEqual(['tslib', 'a', 'b', 'c', 'd', 'e'])
  })

  test('esbuild', () => {
    expect(leadingRequires(transformSync(source, { loader: 'ts', format: 'cjs' }).code)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('Babel, as it writes them', () => {
    expect(leadingRequires(`"use strict";
      Object.defineProperty(exports, "__esModule", { value: true });
      var _exportNames = { c: true };
      Object.defineProperty(exports, "c", { enumerable: true, get: function () { return _c.c; } });
      var _a = _interopRequireDefault(require("a"));
      var b = _interopRequireWildcard(require("b"));
      var _d = require("d");
      Object.keys(_d).forEach(function (key) { exports[key] = _d[key]; });
      var _c = require("c");
      function _interopRequireDefault(e) { return e && e.__esModule ? e : { default: e }; }
      console.log(_a.default)`)).toEqual(['a', 'b', 'd', 'c'])
  })
})

test('an ES module is none of its business', () => {
  expect(leadingRequires('import a from "a"')).toBeUndefined()
})
