// Builds the loader into dist/: TypeScript to CommonJS, which --import and --require alike can load synchronously. Compiling is what a start
// pays for most, so there are two files for programs: early.js with what every start needs, and later.js with what is `require`d when it is
// needed. Each has a table of its modules, by which the other gets at them: there is one instance of each, with its state. early.js itself is
// loaded by loader.js, which is made of code-cache.ts.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'

const folder = import.meta.dirname
const source = (name) => path.join(folder, `${name}.ts`)
const nameOf = (file) => path.relative(folder, file).replace(/\.ts$/, '')

const tableOf = (names) => names.map((name) => `exports[${JSON.stringify(name)}] = () => require(${JSON.stringify(source(name))})\n`).join('')

/** Files of their own: the parser, a development dependency, is large and only for a zygote; the other says why itself. */
const besides = ['zygote/parser', 'import-module']
const filesBeside = {
  name: 'files-beside',
  setup: (pluginBuild) => pluginBuild.onResolve({ filter: new RegExp(`/(${besides.map((name) => path.basename(name)).join('|')})\\.js$`) },
    ({ path: specifier }) => ({ path: `./${path.basename(specifier)}`, external: true })),
}

/** Modules for which `isElsewhere` are taken from the table of the other file. */
const fromOtherFile = (other, isElsewhere) => ({
  name: `from-${other}`,
  setup: (pluginBuild) => {
    pluginBuild.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path: specifier, importer, kind }) => {
      const name = nameOf(path.resolve(path.dirname(importer), specifier)).replace(/\.js$/, '')
      return isElsewhere(name, kind) ? { path: name, namespace: other } : undefined
    })
    pluginBuild.onResolve({ filter: /./, namespace: other }, ({ path: specifier }) => ({ path: specifier, external: true }))
    pluginBuild.onLoad({ filter: /./, namespace: other }, ({ path: name }) => ({ contents: `module.exports = require('./${other}.js')[${JSON.stringify(name)}]()` }))
  },
})

/**
 * esbuild copies all that a built-in module exports for each file that imports it, which loads half of Node. Nothing here needs copies.
 */
const withoutCopies = (code) => {
  const replaced = code.replace(/var __toESM = [\s\S]*?\n\)\);\n/, 'var __toESM = (mod) => Object.create(mod, { default: { value: mod } });\n')
  if (replaced === code) throw new Error('esbuild writes __toESM in another way than expected')
  return replaced
}

export const buildLoader = async (dist) => {
  const options = {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.20',
    external: ['esbuild', 'esbuild/*', 'get-tsconfig', 'internal/*', '../package.json'],
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'warning',
  }
  const bundle = async (name, modules, plugin) => {
    const { metafile, outputFiles } = await build({
      ...options, stdin: { contents: tableOf(modules), resolveDir: folder }, metafile: true, write: false, plugins: [filesBeside, plugin],
    })
    fs.writeFileSync(path.join(dist, `${name}.js`), withoutCopies(outputFiles[0].text))
    return Object.keys(metafile.inputs).filter((input) => /\.ts$/.test(input)).map((input) => nameOf(path.resolve(input)))
  }

  // In every start: these, and what they import. The first pass finds out which those are.
  let early = ['register', 'late-register', 'auto', 'client/prepare-zygote', 'hooks/install', 'hooks/synchronous', 'hooks/register-thread', 'hooks/commonjs', 'hooks/strip-once']
  const later = new Set()
  const requiredLater = fromOtherFile('later', (name, kind) => {
    const isLater = kind === 'require-call' && !early.includes(name) && fs.existsSync(source(name))
    if (isLater) later.add(name)
    return isLater
  })
  early = await bundle('early', early, requiredLater)
  later.clear()
  await bundle('early', early, requiredLater)
  await bundle('later', [...later], fromOtherFile('loader', (name) => early.includes(name)))

  await build({ ...options, outdir: dist, entryPoints: [source('hooks/threaded'), source('cli'), ...besides.map(source)], entryNames: '[name]' })
  await build({ ...options, outfile: path.join(dist, 'auto.mjs'), entryPoints: [path.join(folder, 'auto.mts')], format: 'esm', external: ['./auto.js'] })
  await build({ ...options, outfile: path.join(dist, 'base.mjs'), entryPoints: [path.join(folder, 'base.mts')], format: 'esm' })
  const earlyHash = createHash('sha256').update(fs.readFileSync(path.join(dist, 'early.js'))).digest('hex').slice(0, 16)
  const { outputFiles } = await build({
    ...options, define: { ...options.define, EARLY_HASH: JSON.stringify(earlyHash) }, write: false,
    stdin: { contents: "import { lazyModules } from './code-cache.js'\nmodule.exports = lazyModules(require)", resolveDir: folder },
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
  })
  fs.writeFileSync(path.join(dist, 'loader.js'), withoutCopies(outputFiles[0].text))
  // As short as can be: Node looks for the names of exports in what --import names, by a parser so slow that 5 KB take 20 ms on Node 22.
  fs.writeFileSync(path.join(dist, 'register.js'), 'require("./loader.js").startWith("register")\n')
  // The second line is never executed: Node reads the names of the exports from it.
  fs.writeFileSync(path.join(dist, 'auto.js'),
    'module.exports = require("./loader.js").startWith("auto")\n0 && (module.exports = { start, done, serve, launch, afterFork, isWarm, reason })\n')
  fs.writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs" }\n')
  writeDeclarations(dist, 'auto')
}

/** Types for those who import it. Everything exported has a type that needs no other file. */
const writeDeclarations = (dist, name) => {
  const { outputText } = ts.transpileDeclaration(fs.readFileSync(source(name), 'utf8'), {
    compilerOptions: { isolatedDeclarations: true, target: 'es2022', module: 'nodenext' },
  })
  for (const ending of ['.d.ts', '.d.mts']) fs.writeFileSync(path.join(dist, name + ending), outputText)
}
