// What a tsconfig says, and where it is found.
import type { Program } from './program.js'

const config = (compilerOptions: object, more: object = {}): string => JSON.stringify({ compilerOptions, ...more })

/** Tells which of the configurations it was: the name of the function that markup calls. */
const tells = `const [one, two, three] = ['one', 'two', 'three'].map((name) => () => name)\nconsole.log(<a />)\n`
const calls = (jsxFactory: string): string => config({ jsx: 'react', jsxFactory })

const print = (name: string, specifier: string): string => `import { value } from ${JSON.stringify(specifier)}\nconsole.log(${JSON.stringify(name)}, value)\n`
const value = (text: string): string => `export const value: string = ${JSON.stringify(text)}\n`

/** Every path of a program maps to a file that tells its own name. */
const mapped = (specifiers: Record<string, string>, tsconfigs: Record<string, string>, more: Record<string, string> = {}): Pick<Program, 'files' | 'prints'> => ({
  files: {
    'app.ts': Object.keys(specifiers).map((specifier, index) => `import { value as v${index} } from ${JSON.stringify(specifier)}\nconsole.log(v${index})\n`).join(''),
    ...tsconfigs, ...more, ...Object.fromEntries(Object.values(specifiers).map((file) => [file, value(file)])),
  },
  prints: Object.values(specifiers),
})

const decorators = `
const seen: unknown[] = []
const onClass = (target: Function) => { seen.push(target.name) }
const onMember = (target: object, name: string, descriptor?: PropertyDescriptor) => { seen.push([name, typeof descriptor]) }
const onParameter = (target: object, name: string | undefined, index: number) => { seen.push([name, index]) }
@onClass class A {
  @onMember field = 1
  constructor(@onParameter a: number) {}
  @onMember method(@onParameter a: number) {}
}
console.log(JSON.stringify(seen), typeof (Reflect as any).getMetadata)
`

export const tsconfigPrograms: Program[] = [
  { name: 'the nearest one to the entry holds, from any directory', cwd: 'other', prints: ['one'],
    files: { 'src/app.tsx': tells, 'src/tsconfig.json': calls('one'), 'tsconfig.json': calls('two'), 'other/tsconfig.json': calls('three') },
    tsx: { because: 'tsx takes the nearest to the working directory, here of another project', prints: /React is not defined/ } },
  { name: 'one in a directory above holds', files: { 'src/deep/app.tsx': tells, 'tsconfig.json': calls('one') }, prints: ['one'] },
  { name: 'one holds for the whole program', prints: ['one', 'one'],
    files: { 'app.tsx': `import './lib/file.tsx'\n${tells}`, 'lib/file.tsx': tells, 'tsconfig.json': calls('one'), 'lib/tsconfig.json': calls('two') } },
  { name: 'one holds for files that include leaves out', prints: ['one'],
    files: { 'app.tsx': tells, 'tsconfig.json': config({ jsx: 'react', jsxFactory: 'one' }, { include: ['src'] }) },
    tsx: { because: 'tsx leaves out what include leaves out, though nothing else says how to compile it', prints: /React is not defined/ } },
  { name: 'extends takes a list, of which the last has the last word', prints: ['two'],
    files: { 'app.tsx': tells, 'tsconfig.json': '{"extends":["./a.json","./b.json"]}', 'a.json': calls('one'), 'b.json': config({ jsxFactory: 'two' }) } },
  { name: 'extends goes on', prints: ['one'],
    files: { 'app.tsx': tells, 'tsconfig.json': '{"extends":"./config/a"}', 'config/a.json': '{"extends":"./b.json"}', 'config/b.json': calls('one') } },
  { name: 'extends takes a package', prints: ['one'],
    files: { 'app.tsx': tells, 'tsconfig.json': '{"extends":"base"}', 'node_modules/base/tsconfig.json': calls('one') } },
  { name: 'extends takes the tsconfig that a package.json names', prints: ['one'],
    files: { 'app.tsx': tells, 'tsconfig.json': '{"extends":"@scope/base"}', 'node_modules/@scope/base/package.json': '{"tsconfig":"config.json"}', 'node_modules/@scope/base/config.json': calls('one') } },
  { name: 'extends takes a file of a package', prints: ['one'],
    files: { 'app.tsx': tells, 'tsconfig.json': '{"extends":"base/strict.json"}', 'node_modules/base/strict.json': calls('one') } },
  { name: 'comments, commas at the end and a byte order mark are no errors', prints: ['one'],
    files: { 'app.tsx': tells, 'tsconfig.json': `\uFEFF// first\n{ /* "jsx" */ "compilerOptions": { "jsx": "react", "jsxFactory": "one", /* // */ }, }\n` } },
  { name: 'an empty one is one', files: { 'app.ts': 'console.log(1 as number)\n', 'tsconfig.json': '' }, prints: ['1'] },

  { name: 'paths map names, beginnings and ends', ...mapped(
    { exact: 'src/exact.ts', '@/a': 'src/a.ts', '@/b.js': 'src/b.ts', '@/dir': 'src/dir/index.ts', 'c/end': 'src/c.ts', 'ns:d': 'src/d.ts', '~e': 'src/e.ts' },
    { 'tsconfig.json': config({ paths: { exact: ['./src/exact'], '@/*': ['./src/*'], '*/end': ['./src/*'], 'ns:*': ['./src/*'], '~*': ['./src/*.ts'] } }) }) },
  { name: 'the first path at which there is a file is taken, of the longest beginning', ...mapped(
    { '@/a': 'second/a.ts', '@/lib/b': 'lib/b.ts' },
    { 'tsconfig.json': config({ paths: { '@/*': ['./first/*', './second/*'], '@/lib/*': ['./lib/*'] } }) }) },
  { name: 'paths are relative to baseUrl', ...mapped({ '@/a': 'src/lib/a.ts', 'lib/b': 'src/lib/b.ts' }, { 'tsconfig.json': config({ baseUrl: './src', paths: { '@/*': ['lib/*'] } }) }) },
  { name: 'paths are relative to the tsconfig that has them', ...mapped({ '@/a': 'config/src/a.ts' }, { 'tsconfig.json': '{"extends":"./config/base.json"}', 'config/base.json': config({ paths: { '@/*': ['./src/*'] } }) }) },
  { name: 'configDir is the directory of the tsconfig that was found', ...mapped({ '@/a': 'src/a.ts' }, { 'tsconfig.json': '{"extends":"./config/base.json"}', 'config/base.json': config({ paths: { '@/*': ['${configDir}/src/*'] } }) }) },
  { name: 'what paths do not lead to is a package', prints: ['dependency package'],
    files: { 'app.ts': print('dependency', 'dependency'), 'tsconfig.json': config({ paths: { '*': ['./src/*'] } }), 'node_modules/dependency/index.js': `exports.value = 'package'\n` } },
  { name: 'paths come before packages', prints: ['dependency path'],
    files: { 'app.ts': print('dependency', 'dependency'), 'tsconfig.json': config({ paths: { dependency: ['./src/a'] } }), 'src/a.ts': value('path'), 'node_modules/dependency/index.js': `exports.value = 'package'\n` } },
  { name: 'paths are nothing to builtins, to relative names and to data: URLs', prints: ['/ relative 1'],
    files: { 'app.ts': `import { sep } from 'node:path'\nimport { value } from './a'\nimport one from 'data:text/javascript,export default 1'\nconsole.log(sep, value, one)\n`,
      'a.ts': value('relative'), 'tsconfig.json': config({ paths: { '*': ['./wrong/*', './wrong/all.ts'] } }), 'wrong/all.ts': value('wrong'), 'wrong/a.ts': value('wrong') } },
  { name: 'paths are nothing to packages', prints: ['dependency package'],
    files: { 'app.ts': print('dependency', 'dependency'), 'tsconfig.json': config({ paths: { inner: ['./wrong.ts'] } }), 'wrong.ts': value('wrong'),
      'node_modules/dependency/index.ts': `export { value } from 'inner'\n`, 'node_modules/inner/index.js': `exports.value = 'package'\n` } },
  { name: 'paths hold for require', prints: ['@ a', 'a'], tsx: { because: 'on Node 20 tsx leaves imported CommonJS with the require of hooks', on: [20], prints: /reading 'exports'/ }, files: { 'app.cts': `${print('@', '@/a')}console.log(require('@/a').value)\n`, 'tsconfig.json': config({ paths: { '@/*': ['./src/*'] } }), 'src/a.cts': value('wrong'), 'src/a.ts': value('a') } },
  { name: 'paths hold for JavaScript where allowJs says so', prints: ['js a'],
    files: { 'app.js': print('js', '@/a.js'), 'tsconfig.json': config({ allowJs: true, paths: { '@/*': ['./src/*'] } }), 'src/a.ts': value('a') } },
  { name: '.js means .ts for JavaScript where allowJs says so', prints: ['js a'],
    files: { 'app.js': print('js', './a.js'), 'tsconfig.json': config({ allowJs: true }), 'a.ts': value('a') } },

  { name: 'jsx react calls factories', prints: ['["h","a",null,1,["h","f",null]]'],
    files: { 'app.tsx': `const h = (...all: unknown[]) => ['h', ...all], f = 'f'\nconsole.log(JSON.stringify(<a>{1}<></></a>))\n`, 'tsconfig.json': config({ jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'f' }) } },
  { name: 'jsx react-jsx imports a runtime', prints: ['["a",{"children":1}]'],
    files: { 'app.tsx': `console.log(JSON.stringify(<a>{1}</a>))\n`, 'tsconfig.json': config({ jsx: 'react-jsx', jsxImportSource: 'dependency' }),
      'node_modules/dependency/package.json': '{"exports":{"./jsx-runtime":"./runtime.js"}}', 'node_modules/dependency/runtime.js': `exports.jsx = (...all) => all\n` } },
  { name: 'jsx react-jsxdev imports a runtime that is told the place', prints: ['["a",{},null,false,true,1]'],
    files: { 'app.tsx': `console.log(JSON.stringify(<a />))\n`, 'tsconfig.json': config({ jsx: 'react-jsxdev', jsxImportSource: 'dependency' }),
      'node_modules/dependency/package.json': '{"exports":{"./jsx-dev-runtime":"./runtime.js"}}',
      'node_modules/dependency/runtime.js': `exports.jsxDEV = (type, props, key, isStatic, { fileName, lineNumber }) => [type, props, key ?? null, isStatic, fileName.endsWith('app.tsx'), lineNumber]\n` } },
  { name: 'jsx preserve is compiled, for nothing comes after us', prints: ['["a",{}]'], tsx: { because: 'tsx compiles it as if nothing were said', prints: /React is not defined/ },
    files: { 'app.tsx': `console.log(JSON.stringify(<a />))\n`, 'tsconfig.json': config({ jsx: 'preserve', jsxImportSource: 'dependency' }),
      'node_modules/dependency/package.json': '{"exports":{"./jsx-runtime":"./runtime.js"}}', 'node_modules/dependency/runtime.js': `exports.jsx = (...all) => all\n` } },
  { name: 'experimentalDecorators has the old decorators, without metadata', prints: ['[["field","undefined"],["method",0],["method","object"],[null,0],"A"] undefined'],
    files: { 'app.ts': decorators, 'tsconfig.json': config({ experimentalDecorators: true, emitDecoratorMetadata: true }) } },
  { name: 'useDefineForClassFields decides on fields', prints: ['assigned'],
    files: { 'app.ts': `class A { set a(value: number) { console.log('assigned') } }\nclass B extends A { a = 1 }\nnew B()\n`, 'tsconfig.json': config({ useDefineForClassFields: false }) } },
  { name: 'an old target assigns fields', prints: ['assigned'],
    files: { 'app.ts': `class A { set a(value: number) { console.log('assigned') } }\nclass B extends A { a = 1 }\nnew B()\n`, 'tsconfig.json': config({ target: 'ES2021' }) } },
  { name: 'a new target defines fields', prints: ['1'],
    files: { 'app.ts': `class A { set a(value: number) { console.log('assigned') } }\nclass B extends A { a = 1 }\nconsole.log(new B().a)\n`, 'tsconfig.json': config({ target: 'ESNext' }) } },
  { name: 'an old target does not make new syntax old', prints: ['true'], tsx: { because: 'tsx takes the target at its word', prints: ['false'] },
    files: { 'app.ts': `class A { #a = 1; async *b() {} }\nconsole.log(A.toString().includes('#a') && A.toString().includes('async *b'))\n`, 'tsconfig.json': config({ target: 'ES5' }) } },
  { name: 'verbatimModuleSyntax keeps imports that nothing uses', prints: ['evaluated', 'app'],
    files: { 'app.ts': `import { value } from './a.js'\nconsole.log('app')\n`, 'a.ts': `console.log('evaluated')\n${value('a')}`, 'tsconfig.json': config({ verbatimModuleSyntax: true }) } },
  { name: 'without it they are dropped', prints: ['app'],
    files: { 'app.ts': `import { value } from './a.js'\nconsole.log('app')\n`, 'a.ts': `console.log('evaluated')\n${value('a')}`, 'tsconfig.json': config({}) } },
  { name: 'alwaysStrict makes CommonJS strict', prints: ['undefined'],
    files: { 'app.cts': `console.log(typeof function (this: unknown) { return this }())\n`, 'tsconfig.json': config({ alwaysStrict: true }) } },
  { name: 'a tsconfig is nothing to packages', prints: ['["React","a",null]'],
    files: { 'app.ts': `import { result } from 'dependency'\nconsole.log(JSON.stringify(result))\n`, 'tsconfig.json': calls('one'),
      'node_modules/dependency/package.json': '{"main":"index.tsx"}', 'node_modules/dependency/index.tsx': `const React = { createElement: (...all: unknown[]) => ['React', ...all] }\nexport const result = <a />\n` } },
]
