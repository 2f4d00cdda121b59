// Builds dist/: the loader (TypeScript to CommonJS) and the native parts.
// Run by the root's `prepare`. It calls the compiler itself, with headers from npm packages, so that neither Python nor
// installed Node headers are needed; without a compiler, or not on Linux, it says what will be missing and succeeds.
import { createHash } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { buildLoader } from '../loader/build.js'

const root = path.resolve(import.meta.dirname, '..')
const dist = path.join(root, 'dist')
const { resolve } = createRequire(import.meta.url)

const filesBelow = (folder, ending) =>
  fs.readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => ending.test(name))
    .map((name) => path.join(root, folder, name))
    .sort()

/** Identifies this build: zygotes of another build never serve its clients. */
const buildId = () => {
  const hash = createHash('sha256')
  for (const file of [...filesBelow('loader', /\.(m?ts|js)$/), ...filesBelow('native', /\.(c|cc|h|js)$/)]) hash.update(file).update(fs.readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/** Its symbols are looked up as it is loaded (ld(1)): the forks of a zygote would have to do it themselves, each anew. */
const inZygotesOnly = '-Wl,-z,now'

const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers']

const compile = (label, compiler, args) => {
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' })
  if (status === 0) return true
  console.warn(`instastart: ${label} was not built (${error ? error.message : `${compiler} failed`})`)
  if (stderr) console.warn(stderr)
  return false
}

const hasCompiler = (compiler) => spawnSync(compiler, ['--version']).status === 0

/** Include directories of the Node versions whose headers are installed, by ABI number. */
const headersByAbi = () => {
  const found = new Map()
  for (const major of [20, 22, 24, 26]) {
    const include = path.join(root, 'node_modules', `node${major}`, 'include', 'node')
    const versionFile = path.join(include, 'node_version.h')
    if (!fs.existsSync(versionFile)) continue
    const abi = /#define NODE_MODULE_VERSION (\d+)/.exec(fs.readFileSync(versionFile, 'utf8'))?.[1]
    if (abi) found.set(abi, include)
  }
  return found
}

const buildNative = () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.warn(`instastart: the native parts exist for Linux x64 only (this is ${process.platform} ${process.arch}): every run will be plain.`)
    return
  }
  const cc = process.env.CC ?? 'cc'
  const cxx = process.env.CXX ?? 'c++'
  if (!hasCompiler(cc) || !hasCompiler(cxx)) {
    console.warn(`instastart: no C/C++ compiler (${cc}, ${cxx}): TypeScript will run, but every run will be plain.`)
    return
  }
  const out = path.join(dist, 'native')
  fs.mkdirSync(out, { recursive: true })
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const defines = [`-DINSTASTART_VERSION="${version}"`, `-DINSTASTART_BUILD="${buildId()}"`, '-D_GNU_SOURCE']
  const wire = filesBelow('native/wire', /\.c$/)
  const includes = [`-I${path.join(root, 'native')}`]
  const c = ['-std=gnu17', '-O2', ...warnings, ...defines, ...includes]

  compile('the client', cc, [...c, '-static', ...wire, ...filesBelow('native/client', /\.c$/), '-o', path.join(out, 'client')])

  compile('the observer', cc, [...c, '-shared', '-fPIC', inZygotesOnly, ...filesBelow('native/observer', /\.c$/), '-o', path.join(out, 'observer.so')])

  const objects = fs.mkdtempSync(path.join(dist, 'objects-'))
  try {
    const wireObjects = wire.map((file) => path.join(objects, `${path.basename(file)}.o`))
    const wireBuilt = wire.every((file, i) => compile('the addon', cc, [...c, '-fPIC', '-c', file, '-o', wireObjects[i]]))
    if (wireBuilt) {
      compile('the addon', cxx, ['-std=c++20', '-O2', '-shared', '-fPIC', '-pthread', '-fno-exceptions', '-fvisibility=hidden', ...warnings, ...defines, ...includes,
        `-isystem${path.join(path.dirname(resolve('node-api-headers/package.json')), 'include')}`,
        `-isystem${path.dirname(resolve('node-addon-api/package.json'))}`,
        '-DNAPI_VERSION=8', '-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_ADDON_API_DISABLE_DEPRECATED', '-DNODE_GYP_MODULE_NAME=instastart', '-DBUILDING_NODE_EXTENSION',
        ...filesBelow('native/addon', /\.cc$/), ...wireObjects, '-o', path.join(out, 'instastart.node')])
    }
  } finally {
    fs.rmSync(objects, { recursive: true })
  }

  for (const [abi, include] of headersByAbi()) {
    compile(`the platform part for ABI ${abi}`, cxx, ['-std=c++20', '-O2', '-shared', '-fPIC', inZygotesOnly, '-fno-exceptions', '-fno-rtti', '-fvisibility=hidden', ...warnings, '-Wno-unused-parameter',
      ...defines, ...includes, `-isystem${include}`, '-DNODE_GYP_MODULE_NAME=platform', '-DBUILDING_NODE_EXTENSION',
      ...filesBelow('native/platform', /\.cc$/), '-o', path.join(out, `platform-${abi}.node`)])
  }
}

/** The `instastart` command: the client itself where it was built, else plain Node with the register hook. */
const buildCommand = () => {
  const command = path.join(dist, 'instastart')
  fs.rmSync(command, { force: true })
  const client = path.join(dist, 'native', 'client')
  // No link: npm leaves out what is one as it installs.
  if (fs.existsSync(client)) fs.copyFileSync(client, command)
  else {
    fs.writeFileSync(command, '#!/usr/bin/env node\nrequire(\'./cli.js\').withoutClient()\n')
    fs.chmodSync(command, 0o755)
  }
}

fs.rmSync(dist, { recursive: true, force: true })
fs.mkdirSync(dist)
await buildLoader(dist)
buildNative()
buildCommand()
if (process.argv.includes('--verbose')) console.log(execFileSync('ls', ['-lR', dist], { encoding: 'utf8' }))
