// Gets at the loader's own modules (early.js) by way of V8's code cache: compiling them is what every start pays most for, and this takes
// half of it. The cache is made by the first start of this build on this version of V8. Where it cannot be read or made, there is none.
import fs from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import { canWait, waitForFirstModule } from './first-module.js'

type Modules = Record<string, (name?: string) => unknown>
type Load = (exports: Modules, require: NodeJS.Require, module: { exports: Modules }, filename: string, directory: string) => void

/** A hash of early.js, by build.js: V8 itself only compares lengths. */
declare const EARLY_HASH: string

const file = path.join(import.meta.dirname, 'early.js')

const cacheDirectory = (): string | undefined => {
  const { XDG_CACHE_HOME, HOME } = process.env
  if (XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME)) return path.join(XDG_CACHE_HOME, 'instastart')
  return HOME && path.isAbsolute(HOME) ? path.join(HOME, '.cache/instastart') : undefined
}

const directory = cacheDirectory()
const cacheFile = directory && path.join(directory, `code-${EARLY_HASH}-${process.versions.v8}-${process.arch}`)

/** V8 dies of damaged code, and no checksum is to be had as fast as a comparison: the file holds the code twice. */
const soundHalf = (file: Buffer): Buffer | undefined => {
  const half = file.subarray(0, file.length / 2)
  return half.length > 0 && half.equals(file.subarray(half.length)) ? half : undefined
}

/** It is run as it is: it must be ours, and nobody else may have written to it. */
const readCode = (): Buffer | undefined => {
  if (cacheFile === undefined || !fs.existsSync(cacheFile)) return undefined
  try {
    const { uid, mode } = fs.statSync(cacheFile)
    return uid === process.geteuid?.() && (mode & 0o022) === 0 ? soundHalf(fs.readFileSync(cacheFile)) : undefined
  } catch {
    return undefined // Gone meanwhile, or not readable.
  }
}

/** As many as a few builds and versions of Node leave behind. */
const mostCaches = 16

const removeOldest = (folder: string) => {
  const caches = fs.readdirSync(folder).filter((name) => name.startsWith('code-')).map((name) => path.join(folder, name))
  const times = new Map(caches.map((name) => [name, fs.statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? 0]))
  caches.sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0))
  for (const name of caches.slice(mostCaches)) fs.rmSync(name, { force: true })
}

const writeCode = (script: vm.Script) => {
  if (directory === undefined || cacheFile === undefined) return
  const temporary = `${cacheFile}.${process.pid}`
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch {
    return // Read-only, or a file in the way.
  }
  const code = script.createCachedData()
  try {
    fs.writeFileSync(temporary, Buffer.concat([code, code]), { mode: 0o600, flag: 'wx' })
    fs.renameSync(temporary, cacheFile)
    removeOldest(directory)
  } catch {
    fs.rmSync(temporary, { force: true }) // Disk full: compiled again next time.
  }
}

const isAbsent = (modules: Modules): boolean => (modules.warmth?.() as typeof import('./warmth.js')).warmth.reason === 'absent'

/** The table of early.js: functions by the name of the module that they load. */
const loadModules = (require: NodeJS.Require): Modules => {
  const cachedData = readCode()
  const source = `(function (exports, require, module, __filename, __dirname) { ${fs.readFileSync(file, 'latin1')}\n})`
  const script = new vm.Script(source, { filename: file, cachedData })
  const module = { exports: {} as Modules }
  const load = script.runInThisContext() as Load
  load.call(module.exports, module.exports, require, module, file, import.meta.dirname)
  // Functions that were not executed are not in it. A start that has looked for a zygote in vain has done all that there is to do.
  if (cachedData === undefined) module.exports.keepCode = () => isAbsent(module.exports) && writeCode(script)
  return module.exports
}

/** The same table, once it is loaded; and `startWith`, which loads it and calls one of its functions as a process's first. */
export const lazyModules = (require: NodeJS.Require): Modules => {
  const modules: Modules = {
    startWith: (name = '') => {
      const load = () => modules.register ? modules : Object.assign(modules, loadModules(require))
      if (name === 'register' && canWait()) return waitForFirstModule(() => (load()['late-register']?.() as typeof import('./late-register.js')).hooks)
      const result = load()[name]?.()
      modules.keepCode?.()
      return result
    },
  }
  return modules
}
