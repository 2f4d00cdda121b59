// Our own parts, and the directories that we write to.
import fs from 'node:fs'
import { cacheRoot } from '../hooks/transform-cache.js'
import { clientPath, loadNative, loadPlatform, observerPath, platformPath } from '../native.js'
import { degraded, failed, ok, type Check } from './check.js'

const isSupported = process.platform === 'linux' && process.arch === 'x64'

const again = 'Install instastart again; in a checkout: `npm run build` (it needs a C and a C++ compiler, and says what it could not build).'

const canExecute = (file: string): boolean => {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return true
  } catch {
    return false
  }
}

const platformProblem = (): string | undefined => {
  if (!fs.existsSync(platformPath)) return `none for Node ${process.versions.node} (ABI ${process.versions.modules})`
  try {
    loadPlatform()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const partsChecks = (): Check[] => {
  if (!isSupported) return []
  const native = loadNative()
  if (typeof native === 'string') return [failed('addon', native, again)]
  const problem = platformProblem()
  return [
    ok('addon', native.build),
    problem === undefined ? ok('platform part', platformPath) : degraded('platform part', problem, 'Every run on this Node is plain. Use Node 20.20, 22, 24 or 26, or install instastart again.'),
    canExecute(clientPath) ? ok('client', clientPath) : failed('client', `${clientPath} cannot be executed`, again),
    fs.existsSync(observerPath) ? ok('observer', observerPath)
      : degraded('observer', 'not built', `What modules ask of the environment is not heard, so every variable counts. ${again}`),
  ]
}

const mayBeMade = (folder: string): boolean => {
  try {
    fs.accessSync(folder.slice(0, folder.lastIndexOf('/')) || '/', fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

const runtimeCheck = (): Check[] => {
  const native = loadNative()
  if (typeof native === 'string') return []
  const folder = native.runtimePath()
  if (native.runtimeDirectory() !== undefined) return [ok('runtime directory', folder)]
  const stat = fs.lstatSync(folder, { throwIfNoEntry: false })
  if (stat) return [failed('runtime directory', `${folder} is not a directory of yours with mode 700`, `Every run is plain. Remove it, or: chmod 700 ${folder}`)]
  if (mayBeMade(folder)) return [ok('runtime directory', `${folder} (made by the first run)`)]
  return [failed('runtime directory', `${folder} cannot be made`, 'Every run is plain. Set XDG_RUNTIME_DIR to a directory of yours.')]
}

const cacheCheck = (): Check => {
  const folder = cacheRoot()
  return folder === null ? degraded('cache', 'there is no place for one', 'TypeScript is compiled anew by each plain run. Set XDG_CACHE_HOME to a directory of yours that nobody else may write to.')
    : ok('cache', folder)
}

export const installationChecks = (): Check[] => [...partsChecks(), ...runtimeCheck(), cacheCheck()]
