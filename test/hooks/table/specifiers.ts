// How TypeScript files name each other: extensions, what is left out, directories, packages.
import { compiledByTsx, compiledOn20, customRequire } from './exceptions.js'
import type { Row } from './row.js'

const value = (text: string): string => `export const value: string = ${JSON.stringify(text)}\n`
const imports = (specifier: string): string => `import { value } from ${JSON.stringify(specifier)}\nexport const result = value\n`
const commonJS = (text: string): string => `exports.value = ${JSON.stringify(text)}\n`

/** Rows of one file that imports `value` by a specifier. */
const finds = (name: string, specifier: string, files: Record<string, string>, result: string, more: Partial<Row> = {}): Row =>
  ({ name, files: { 'row.ts': imports(specifier), ...files }, result, ...more })

export const specifierRows: Row[] = [
  finds('.js means .ts', './a.js', { 'a.ts': value('ts') }, 'ts'),
  finds('.js means .tsx', './a.js', { 'a.tsx': value('tsx') }, 'tsx'),
  finds('.jsx means .tsx', './a.jsx', { 'a.tsx': value('tsx') }, 'tsx'),
  finds('.jsx means .jsx', './a.jsx', { 'a.jsx': `export const value = 'jsx'\n` }, 'jsx'),
  finds('.mjs means .mts', './a.mjs', { 'a.mts': value('mts') }, 'mts'),
  finds('.cjs means .cts', './a.cjs', { 'a.cts': value('cts') }, 'cts'),
  finds('.ts, .tsx, .mts and .cts can be written out', './a.ts', {
    'a.ts': `import { value as tsx } from './b.tsx'\nimport { value as mts } from './c.mts'\nimport { value as cts } from './d.cts'\nexport const value = [tsx, mts, cts].join()\n`,
    'b.tsx': value('tsx'), 'c.mts': value('mts'), 'd.cts': value('cts'),
  }, 'tsx,mts,cts'),
  finds('.js means .ts even beside a .js file', './a.js', { 'a.ts': value('ts'), 'a.js': commonJS('js') }, 'ts'),
  finds('.js means .ts rather than .js.ts', './a.js', { 'a.ts': value('ts'), 'a.js.ts': value('js.ts') }, 'ts'),
  finds('.js is .js where there is no TypeScript', './a.js', { 'a.js': commonJS('js') , 'package.json': '{"type":"commonjs"}'}, 'js'),
  finds('a .d.ts file is no source', './a.js', { 'a.d.ts': 'export declare const value: string\n', 'a.js': commonJS('js'), 'package.json': '{"type":"commonjs"}' }, 'js'),
  finds('.ts is .ts rather than .ts.ts', './a.ts', { 'a.ts': value('ts'), 'a.ts.ts': value('ts.ts') }, 'ts'),
  finds('.tsx is .tsx rather than .tsx.ts', './a.tsx', { 'a.tsx': value('tsx'), 'a.tsx.ts': value('tsx.ts') }, 'tsx'),
  finds('.mts is .mts rather than .mts.ts', './a.mts', { 'a.mts': value('mts'), 'a.mts.ts': value('mts.ts') }, 'mts'),
  finds('.cts is .cts rather than .cts.ts', './a.cts', { 'a.cts': value('cts'), 'a.cts.ts': value('cts.ts') }, 'cts'),
  finds('an extension can be left out', './a', { 'a.ts': value('ts') }, 'ts'),
  finds('without extension .ts comes before .tsx', './a', { 'a.ts': value('ts'), 'a.tsx': value('tsx') }, 'ts'),
  finds('without extension .tsx comes before .js', './a', { 'a.tsx': value('tsx'), 'a.js': commonJS('js') }, 'tsx'),
  finds('without extension .jsx is found', './a', { 'a.jsx': `export const value = 'jsx'\n` }, 'jsx'),
  finds('without extension .js is found', './a', { 'a.js': commonJS('js'), 'package.json': '{"type":"commonjs"}' }, 'js'),
  finds('without extension .json is found', './a', { 'row.ts': `import a from './a'\nexport const result = a.value\n`, 'a.json': '{"value":"json"}' }, 'json'),
  finds('a file comes before a directory of its name', './a', { 'a.ts': value('file'), 'a/index.ts': value('index') }, 'file'),
  finds('a name with dots is not taken for one with an extension', './a.config', { 'a.config.ts': value('dotted') }, 'dotted'),
  finds('a directory means its index.ts', './a', { 'a/index.ts': value('index') }, 'index'),
  finds('a directory means its index.tsx', './a', { 'a/index.tsx': value('index') }, 'index'),
  finds('a directory means its index.js', './a', { 'a/index.js': commonJS('index'), 'a/package.json': '{"type":"commonjs"}' }, 'index'),
  finds('a directory with a slash is not the file of its name', './a/', { 'a.ts': value('file'), 'a/index.ts': value('index') }, 'index'),
  finds('a directory whose name ends like a file means its index', './a.js', { 'a.js/index.ts': value('index') }, 'index'),
  { name: '. and .. are directories', files: {
    'row.ts': `import { value } from './a/b/c'\nexport const result = value\n`,
    'a/index.ts': value('a'), 'a/b/index.ts': value('b'),
    'a/b/c.ts': `import { value as b } from '.'\nimport { value as a } from '..'\nimport { value as c } from './'\nimport { value as d } from '../'\nexport const value = a + b + c + d\n`,
  }, result: 'abba' },
  finds('an index.ts can be named without the extension', './a/index', { 'a/index.ts': value('index') }, 'index'),
  finds('a directory is what its package.json calls main', './a', { 'a/package.json': '{"type":"commonjs","main":"lib/main.js"}', 'a/lib/main.js': commonJS('main') }, 'main', { only: 'commonjs' }),
  finds('a directory is the TypeScript of what its package.json calls main', './a', { 'a/package.json': '{"main":"lib/main.js"}', 'a/lib/main.ts': value('main') }, 'main', { only: 'commonjs' }),
  finds('a name may hold spaces, brackets and letters of any kind', './[a b] ä', { '[a b] ä.ts': value('special') }, 'special'),
  { name: 'percent signs of an import are those of a URL', only: 'module', files: { 'row.ts': imports('./a%20b.js'), 'a b.ts': value('space') }, result: 'space' },
  { name: 'percent signs of a require are those of a file name', files: { 'row.cts': `import a = require('./a%20b.js')\nexport const result = a.value\n`, 'a%20b.ts': value('percent') }, result: 'percent', tsx: [customRequire(/reading 'exports'/)] },
  { name: 'a file: URL is mapped, too', files: { 'row.mts': `export const result = import(new URL('./a.js', import.meta.url).href).then(({ value }) => value)\n`, 'a.ts': value('ts') }, result: 'ts' },
  { name: 'an absolute path is mapped, too', files: { 'row.cts': `import path = require('node:path')\nexport const result = require(path.join(__dirname, 'a.js')).value\n`, 'a.ts': value('ts') }, result: 'ts', tsx: [customRequire(/reading 'exports'/)] },
  { name: 'a specifier made at run time is mapped, too', files: { 'row.ts': `const load = (name: string) => import('./' + name)\nexport const result = load('a.js').then(({ value }) => value)\n`, 'a.ts': value('ts') }, result: 'ts' },
  { name: 'createRequire of a TypeScript file maps', files: { 'row.mts': `import { createRequire } from 'node:module'\nexport const result = createRequire(import.meta.url)('./a.cjs').value\n`, 'a.cts': value('cts') }, result: 'cts' },
  { name: 'import.meta.resolve maps', files: { 'row.mts': `export const result = ['./a.js', './b', './c.mjs'].map((name) => import.meta.resolve(name).split('/').at(-1))\n`, 'a.ts': '', 'b.ts': '', 'c.mts': '' }, result: ['a.ts', 'b.ts', 'c.mts'], tsx: [compiledByTsx(/resolve is not a function/)] },
  { name: 'require.resolve maps', files: { 'row.cts': `export const result = ['./a.js', './b', './c.cjs', './d'].map((name) => require.resolve(name).slice(__dirname.length + 1))\n`, 'a.ts': '', 'b.ts': '', 'c.cts': '', 'd/index.ts': '' }, result: ['a.ts', 'b.ts', 'c.cts', 'd/index.ts'] },
  { name: 'require.resolve takes paths', files: { 'row.cts': `export const result = require.resolve('dependency', { paths: [__dirname + '/a'] }).slice(__dirname.length + 1)\n`, 'a/node_modules/dependency/index.js': '' }, result: 'a/node_modules/dependency/index.js', tsx: [customRequire(/Cannot find module 'dependency'/)] },
  { name: 'JavaScript may name TypeScript by its own extension', files: { 'row.mjs': `export { value as result } from './a.ts'\n`, 'a.ts': value('ts') }, result: 'ts' },
  { name: 'JavaScript may require TypeScript by its own extension', files: { 'row.cjs': `exports.result = require('./a.ts').value\n`, 'a.ts': value('ts') }, result: 'ts' },
  { name: 'a builtin is a builtin, whatever files are there', files: { 'row.ts': `import { sep } from 'path'\nimport * as fs from 'node:fs'\nexport const result = sep + typeof fs.statSync\n`, 'path.ts': '' }, result: '/function' },

  finds('exports of a package name TypeScript', 'dependency', { 'node_modules/dependency/package.json': '{"exports":"./index.ts"}', 'node_modules/dependency/index.ts': value('exports') }, 'exports'),
  finds('exports of a package name the JavaScript of TypeScript', 'dependency', { 'node_modules/dependency/package.json': '{"exports":"./index.js"}', 'node_modules/dependency/index.ts': value('exports') }, 'exports'),
  finds('main of a package names TypeScript', 'dependency', { 'node_modules/dependency/package.json': '{"main":"index.ts"}', 'node_modules/dependency/index.ts': value('main') }, 'main'),
  finds('main of a package names the JavaScript of TypeScript', 'dependency', { 'node_modules/dependency/package.json': '{"main":"main.js"}', 'node_modules/dependency/main.ts': value('main') }, 'main'),
  finds('a package without main has an index.ts', 'dependency', { 'node_modules/dependency/package.json': '{}', 'node_modules/dependency/index.ts': value('index') }, 'index'),
  finds('a file of a package without exports', 'dependency/lib/a.js', { 'node_modules/dependency/package.json': '{}', 'node_modules/dependency/lib/a.ts': value('file') }, 'file'),
  finds('a file of a package without exports and without extension', 'dependency/lib/a', { 'node_modules/dependency/package.json': '{}', 'node_modules/dependency/lib/a.ts': value('file') }, 'file'),
  finds('a directory of a package without exports', 'dependency/lib', { 'node_modules/dependency/package.json': '{}', 'node_modules/dependency/lib/index.js': commonJS('index') }, 'index'),
  finds('a directory of a package whose package.json names a main', 'dependency/lib', { 'node_modules/dependency/package.json': '{}', 'node_modules/dependency/lib/package.json': '{"main":"../main.js"}', 'node_modules/dependency/main.js': commonJS('main'), 'node_modules/dependency/lib/index.js': commonJS('index') }, 'main'),
  finds('exports of a package come before a package.json in a directory', 'dependency/lib', { 'node_modules/dependency/package.json': '{"exports":{"./lib":"./public.js"}}', 'node_modules/dependency/public.js': commonJS('exports'), 'node_modules/dependency/lib/package.json': '{"main":"./index.js"}', 'node_modules/dependency/lib/index.js': commonJS('index') }, 'exports'),
  finds('TypeScript in a package imports as TypeScript does', 'dependency', { 'node_modules/dependency/package.json': '{"main":"index.ts"}', 'node_modules/dependency/index.ts': `export { value } from './lib.js'\n`, 'node_modules/dependency/lib.ts': value('lib') }, 'lib'),
  finds('imports of package.json name TypeScript', '#inner', { 'package.json': '{"imports":{"#inner":"./a.ts"}}', 'a.ts': value('imports') }, 'imports'),
  finds('imports of package.json name the JavaScript of TypeScript', '#inner/a.js', { 'package.json': '{"imports":{"#inner/*":"./src/*"}}', 'src/a.ts': value('imports') }, 'imports'),
  finds('a package finds itself by its name', 'myself/a', { 'package.json': '{"name":"myself","exports":{"./a":"./a.ts"}}', 'a.ts': value('self') }, 'self'),
  { name: 'conditions of exports are those of import and of require', files: {
    'row.mts': `import { value } from 'dependency'\nimport { createRequire } from 'node:module'\nexport const result = [value, createRequire(import.meta.url)('dependency').value]\n`,
    'node_modules/dependency/package.json': '{"exports":{"import":"./import.mjs","require":"./require.cjs"}}',
    'node_modules/dependency/import.mjs': `export const value = 'import'\n`, 'node_modules/dependency/require.cjs': commonJS('require'),
  }, result: ['import', 'require'], except: [compiledOn20(['require', 'require'])], tsx: [compiledByTsx(['require', 'require'])] },
  { name: 'a module that is not there is ERR_MODULE_NOT_FOUND', files: { 'row.mts': `export const result = Promise.allSettled([import('./missing.js'), import('missing')]).then((all) => all.map((one) => (one as PromiseRejectedResult).reason.code))\n` }, result: ['ERR_MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'] },
  { name: 'a required module that is not there is MODULE_NOT_FOUND', files: { 'row.cts': `export const result = ['./missing.js', 'missing'].map((name) => { try { require(name) } catch (error) { return [error.code, error.requireStack[0] === __filename] } })\n` }, result: [['MODULE_NOT_FOUND', true], ['MODULE_NOT_FOUND', true]] },
  { name: 'a package that exports nothing of that name is the error that Node makes of it', files: { 'row.mts': `export const result = import('dependency/other').catch((error) => error.code)\n`, 'node_modules/dependency/package.json': '{"exports":{".":"./index.js"}}', 'node_modules/dependency/other.ts': '' }, result: 'ERR_PACKAGE_PATH_NOT_EXPORTED' },
]
