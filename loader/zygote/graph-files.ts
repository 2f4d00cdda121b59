// Every file that took part in making the graph: a change in one makes the zygote stale.
import fs from 'node:fs'
import path from 'node:path'
import type { Native } from '../native.js'
import { identityOf } from '../protocol.js'
import { requireCache } from './require-cache.js'

export class GraphFiles {
  readonly #native: Native
  readonly #files = new Set<string>()
  readonly #folders = new Set<string>()

  constructor(native: Native) {
    this.#native = native
  }

  /** Remembers the file as it is now, and the package.json files that Node looks for on its behalf. */
  readonly consulted = (file: string) => {
    if (this.#files.has(file)) return
    this.#files.add(file)
    this.#native.consulted(file)
    if (path.basename(file) !== 'package.json') this.#consultPackageScope(path.dirname(file))
  }

  /** It may change, and is remembered anew when it is consulted again. */
  forget(file: string) {
    this.#files.delete(file)
  }

  /** What `require` loaded without the hooks' knowledge (they differ by version; see loader/README.md). */
  readonly consultRequired = () => {
    for (const file of Object.keys(requireCache)) if (path.isAbsolute(file)) this.consulted(file)
  }

  some(test: (file: string) => boolean): boolean {
    return [...this.#files].some(test)
  }

  /** For a manifest of a zygote that gave up. */
  identities(): Record<string, string> {
    return Object.fromEntries([...this.#files].map((file) => [file, identityOf(file)]))
  }

  /** The nearest package.json decides on the module format; those that are not there on the way would, if they appeared. */
  #consultPackageScope(folder: string) {
    if (this.#folders.has(folder)) return
    this.#folders.add(folder)
    const file = path.join(folder, 'package.json')
    this.consulted(file)
    const parent = path.dirname(folder)
    if (parent !== folder && path.basename(parent) !== 'node_modules' && !fs.existsSync(file)) this.#consultPackageScope(parent)
  }
}
