// The package.json files that decide a file's format, and those that a zygote must watch.
import fs from 'node:fs'
import path from 'node:path'
import { active } from './watcher.js'

interface PackageJson {
  file: string
  type: unknown
}

/** By directory; null: neither this directory nor one above it has a package.json. As in Node, read once a process. */
const nearestByDirectory = new Map<string, PackageJson | null>()

const readPackageJson = (directory: string): PackageJson | undefined => {
  const file = path.join(directory, 'package.json')
  let text
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch {
    return undefined // No such file, which is what most directories answer.
  }
  try {
    return { file, type: (JSON.parse(text) as { type?: unknown }).type }
  } catch {
    return { file, type: undefined } // Node itself reports a broken package.json, when it needs it.
  }
}

const nearestPackageJson = (directory: string): PackageJson | null => {
  const known = nearestByDirectory.get(directory)
  if (known !== undefined) return known
  const parent = path.dirname(directory)
  const isBoundary = parent === directory || path.basename(directory) === 'node_modules'
  const nearest = isBoundary ? null : readPackageJson(directory) ?? nearestPackageJson(parent)
  nearestByDirectory.set(directory, nearest)
  return nearest
}

/** `type` of the package that `file` belongs to, as written there. */
export const packageTypeOf = (file: string): unknown => nearestPackageJson(path.dirname(file))?.type

const packageRoot = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/

/** Tells the watcher of a file and of each package.json that had a say in finding it and in choosing its format. */
export const reportConsulted = (file: string): void => {
  const { watcher } = active
  if (!watcher?.consulted) return
  watcher.consulted(file)
  const nearest = nearestPackageJson(path.dirname(file))
  if (nearest) watcher.consulted(nearest.file)
  // `exports` and `main` come from the package's own file, which need not be the nearest one.
  const root = packageRoot.exec(file)?.[1]
  if (root === undefined) return
  const own = nearestPackageJson(root)
  if (own && own !== nearest) watcher.consulted(own.file)
}
