// Node 20, plain run: hooks for `import` need a thread, which costs tens of milliseconds. It is started where TypeScript can be expected.
import fs from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { distribution } from '../distribution.js'
import { isMainThread } from '../main-thread.js'
import { isTransformed } from './file-kinds.js'
import { enableSourceMaps } from './source-maps.js'

const hasTsconfig = (start: string): boolean => {
  for (let directory = start; ; directory = path.dirname(directory)) {
    if (fs.existsSync(path.join(directory, 'tsconfig.json'))) return true
    if (directory === path.dirname(directory)) return false
  }
}

const realPath = (file: string): string => {
  try {
    return fs.realpathSync(file)
  } catch {
    return path.resolve(file) // Named without its extension.
  }
}

/** The text of `-e` and `-p` says whether it imports. */
const evaluatesImport = (): boolean => (process as { _eval?: string })._eval?.includes('import') === true

/**
 * A JavaScript entry of a project without a tsconfig gets no thread. (`require` needs none: TypeScript that is required is found even so.)
 */
const expectsTypeScript = (): boolean => {
  const entry = process.argv[1]
  if (process.env.INSTASTART_TSCONFIG) return true
  if (entry === undefined) return evaluatesImport() || hasTsconfig(process.cwd())
  const file = realPath(entry)
  return isTransformed(file) || hasTsconfig(path.dirname(file))
}

/** A preload by `--require` is loaded there, too: hooks that it registered would run a second time on each module. */
const isHooksThread = () => !isMainThread && (require('node:worker_threads') as typeof import('node:worker_threads')).parentPort === null

export const registerHooksThread = (): void => {
  if (isHooksThread() || !expectsTypeScript()) return
  // The thread cannot do it for this one, and only it sees what is imported.
  if (isTransformed(process.argv[1] ?? '')) enableSourceMaps()
  module.register(pathToFileURL(path.join(distribution, 'threaded.js')).href, { data: { entry: process.argv[1] } })
}
