// The language: what TypeScript adds to it, and what Node 20 does not know yet.
import { customRequire } from './exceptions.js'
import type { Row } from './row.js'

/** To be put at the end of a file. */
const lineOf = `function lineOf(error: Error) { return Number(/\\.[cm]?tsx?:(\\d+):/.exec(error.stack!)![1]) }\n`

/** Rows of one file. */
const says = (name: string, text: string, result: unknown, more: Partial<Row> = {}): Row => ({ name, files: { 'row.ts': text }, result, ...more })

export const languageRows: Row[] = [
  says('enums have numbers, names and members that are computed', `enum A { One = 1, Two, Long = 'abc'.length, Text = 'text' }\nexport const result = [A.One, A[2], A.Long, A.Text]\n`, [1, 'Two', 3, 'text']),
  says('const enums are enums', `const enum A { One = 1, Two }\nexport const result = A.Two\n`, 2),
  { name: 'const enums of another file are enums', files: { 'row.ts': `import { A } from './a.js'\nexport const result = A.Two\n`, 'a.ts': `export const enum A { One = 1, Two }\n` }, result: 2 },
  says('declared enums are nothing', `declare enum A { One }\nexport const result = typeof A\n`, 'undefined'),
  says('namespaces merge', `namespace A { export const one = 1 }\nnamespace A { export const two = one + 1 }\nfunction f() { return f.more }\nnamespace f { export const more = 3 }\nimport two = A.two\nexport const result = [A.one, two, f()]\n`, [1, 2, 3]),
  says('parameters can be properties', `class A { constructor(public a: number, private readonly b = 2, protected c?: string) {} sum() { return this.a + this.b } }\nexport const result = [new A(1).sum(), Object.keys(new A(1))]\n`, [3, ['a', 'b', 'c']]),
  says('types are erased', `interface A<T> { a: T }\ntype B = A<string> & { b?: number }\nabstract class C<in out T> { abstract a: T; declare b: string; c!: number; override toString() { return 'C' } }\nfunction f(this: void, a: number): number\nfunction f(a: any) { return a as number }\nconst g = <const T,>(a: T): a is T => true\nconst h = { a: 1 } satisfies A<number>\nexport const result = [f(1), g(2), h!.a, Object.keys(new (class extends C<number> { a = 1 })())]\n`, [1, true, 1, ['c', 'a']]),
  says('declared globals are erased', `declare global { interface Array<T> { last(): T } var anything: string }\ndeclare module 'nowhere' { export const a: number }\ndeclare const missing: string\nexport const result = typeof missing\n`, 'undefined'),
  { name: 'imports of types are erased', files: { 'row.ts': `import type { A } from './missing.js'\nimport { type B, c } from './a.js'\nimport { D } from './a.js'\nexport type { E } from './missing.js'\nexport { type F } from './a.js'\nexport const result: D = c\n`, 'a.ts': `export interface B {}\nexport type D = string\nexport type F = string\nexport const c = 'c'\n` }, result: 'c' },
  says('import x = require() works', `import path = require('node:path')\nimport type fs = require('node:fs')\nexport const result = path.sep\n`, '/', { tsx: [{ because: 'tsx translates it to a require that an ES module does not have', in: 'module', result: /require is not defined/ }] }),
  { name: 'export = works', files: { 'row.cts': `import a = require('./a.cjs')\nexport const result = a(1)\n`, 'a.cts': `const double = (a: number) => 2 * a\nexport = double\n` }, result: 2 },
  { name: 'markup without a tsconfig calls React.createElement', files: { 'row.tsx': `const React = { createElement: (...all: unknown[]) => all, Fragment: 'fragment' }\nexport const result = <a b="c">{1}<></></a>\n` }, result: ['a', { b: 'c' }, 1, ['fragment', null]] },
  { name: 'markup of .jsx is translated', files: { 'row.jsx': `const React = { createElement: (...all) => all }\nexport const result = <a />\n` }, result: ['a', null] },
  { name: 'a pragma says what markup calls', files: { 'row.tsx': `/** @jsx h */\nconst h = (...all: unknown[]) => all\nexport const result = <a />\n` }, result: ['a', null] },
  { name: 'a pragma imports a runtime', files: { 'row.tsx': `/** @jsxRuntime automatic */\n/** @jsxImportSource dependency */\nexport const result = <a b="c" />\n`, 'node_modules/dependency/package.json': '{"exports":{"./jsx-runtime":"./runtime.js"}}', 'node_modules/dependency/runtime.js': 'exports.jsx = (...all) => all\n' }, result: ['a', { b: 'c' }] },
  { name: 'a type parameter of an arrow function in .tsx is not markup', files: { 'row.tsx': `const f = <T,>(a: T): T => a\nexport const result = f<number>(1)\n` }, result: 1 },
  says('angle brackets cast in .ts', `export const result = (<{ a: number }>JSON.parse('{"a":1}')).a\n`, 1),
  says('standard decorators', `const seen: unknown[] = []\nconst note = (value: unknown, { kind, name }: any) => { seen.push([kind, name]) }\n@note class A { @note a = 1; @note accessor b = 2; @note get c() { return 3 } @note static d() {} }\nexport const result = [seen, new A().b]\n`, [[['method', 'd'], ['accessor', 'b'], ['getter', 'c'], ['field', 'a'], ['class', 'A']], 2]),
  says('accessors', `class A { accessor a = 1; static accessor b = 2 }\nexport const result = [new A().a, A.b, Object.keys(new A())]\n`, [1, 2, []]),
  says('using disposes', `const seen: string[] = []\nconst open = (name: string) => ({ [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() { seen.push(name) } })\nconst f = () => { using a = open('a'); using b = open('b'); seen.push('body') }\nf()\nexport const result = seen\n`, ['body', 'b', 'a']),
  says('class fields are defined, not assigned', `class A { set a(value: number) { throw new Error('assigned') } }\nclass B extends A { a = 1 }\nclass C { d?: string }\nexport const result = [new B().a, Object.keys(new C())]\n`, [1, ['d']]),
  says('private members and static blocks stay', `class A { #a = 1; static b: number; static { this.b = 2 } has(x: object) { return #a in x } }\nexport const result = [new A().has(new A()), A.b]\n`, [true, 2]),
  says('a first line with #! is a comment', `#!/usr/bin/env -S node --import instastart/register\nexport const result: number = 1\n`, 1),
  says('a byte order mark is no character', `\uFEFFexport const result: number = 1\n`, 1),
  says('line ends may be those of Windows', `export const result: string = \`a\r\nb\`\r\n`, 'a\nb'),
  says('a file may be empty but for types', `export type A = string\nexport declare const result: string\n`, undefined, { only: 'commonjs' }),
  says('regular expressions keep their flags', `export const result = /\\p{L}/v.test('ä')\n`, true),
  says('letters of any kind stay', `const größe: string = '😀'\nexport const result = { größe }\n`, { größe: '😀' }),
  says('names of functions and classes stay', `
const seen: string[] = []
export const arrow = (a: number) => a
export function declared(): void {}
export class Klass { static self = () => Klass; method(): void {} }
const Named = class Inner { static x = Inner.name }
const Anonymous = class { static x = 1 }
const object = { property: () => {}, ['computed' + 1]: () => {} }
export const result = [arrow.name, declared.name, Klass.name, new Klass().constructor.name, Klass.prototype.method.name, Named.name, Named.x, Anonymous.name, object.property.name, object.computed1.name]
`, ['arrow', 'declared', 'Klass', 'Klass', 'method', 'Inner', 'Inner', 'Anonymous', 'property', 'computed1']),
  { name: 'what a default export has no name for is called default', files: { 'row.ts': `import f from './f.js'\nimport c from './c.js'\nimport a from './a.js'\nexport const result = [f.name, c.name, a.name]\n`, 'f.ts': `export default function () {}\n`, 'c.ts': `export default class { static x: string }\n`, 'a.ts': `export default (a: number) => a\n` }, result: ['default', 'default', 'default'] },
  says('names of decorated classes stay', `const keep = (value: unknown, context: unknown): any => value\n@keep class A { static own = A.name; @keep method() {} }\nconst B = @keep class {}\nexport const result = [A.name, A.own, A.prototype.method.name, B.name]\n`, ['A', 'A', 'method', 'B']),
  says('names that collide stay', `const f = () => { class A {} ; return A }\nclass A {}\nenum E { A = 1 }\nfunction g() { return function A() {} }\nexport const result = [f().name, A.name, g().name]\n`, ['A', 'A', 'A']),
  says('functions are printed as they are written', `function add(a: number, b: number) { const inner = () => a; return inner() + b }\nexport const result = new Function('return ' + add.toString())()(1, 2)\n`, 3, { tsx: [{ because: 'tsx writes calls of its own into functions', result: /__name is not defined/ }] }),
  says('a stack has the lines of the file', `interface A {\n  a: string\n}\n\nexport const result = lineOf(new Error())\n${lineOf}`, 5),
  says('a stack has the lines of a file that imports by require', `interface A {\n}\nimport path = require('node:path')\nexport const result = [path.sep, lineOf(new Error())]\n${lineOf}`, ['/', 4],
    { tsx: [{ because: 'tsx translates it to a require that an ES module does not have', in: 'module', result: /require is not defined/ }] }),
  says('a stack has the lines of a file whose names are kept', `interface A {\n}\nexport default () => 1\nclass B {}\nconst f = () => { class B {}; return B }\nexport const result = lineOf(new Error())\n${lineOf}`, 6),
  { name: 'a stack has the lines of a required ES module', files: { 'row.cts': `import { line } from './a.mjs'\nexport const result = line\n`, 'a.mts': `interface A {\n}\nconst { url } = import.meta\nexport const line = url && lineOf(new Error())\n${lineOf}` }, result: 4, tsx: [customRequire(/reading 'exports'/)] },
]
