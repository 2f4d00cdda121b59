// In the base of a CommonJS program its own modules are not there yet. What stands for them, where packages look for whoever requires them:
// `module.parent`, `require.main`, `process.mainModule`. In a zygote they are the own modules, as far as that can be told.
import Module from 'node:module'
import path from 'node:path'
import { requireCache } from './require-cache.js'

type NodeModuleClass = typeof Module & { _nodeModulePaths(folder: string): string[] }

const pathsOf = (file: string): string[] => (Module as NodeModuleClass)._nodeModulePaths(path.dirname(file))

/**
 * Whether stand-ins can be told from own modules by nobody. With a base it is the ESM loader that loads the main module, and gives it no such name as
 * Node's other way does. And of whoever asks for `module.parent`, as we do, Node may warn.
 */
export const canHaveStandIns = (): boolean => {
  const { NODE_OPTIONS, NODE_PENDING_DEPRECATION } = process.env
  const warns = NODE_PENDING_DEPRECATION === '1' || [...process.execArgv, ...NODE_OPTIONS?.split(/\s+/) ?? []].includes('--pending-deprecation')
  return process.mainModule?.id !== '.' && !warns
}

/** One that Node has made before anybody required it, for the names of its exports (`export * from` in a main module). */
export const hasNoParent = (file: string): boolean => Reflect.get(requireCache[file] ?? {}, 'parent') == null

export class StandIns {
  readonly #entry: string
  readonly #byFile = new Map<string, NodeModule>()
  /** By the own module that is there. */
  readonly #linked = new Map<unknown, NodeModule>()
  /** That each of them has. */
  readonly #keys = new Set<string>()
  readonly #seen: (what: string) => void

  /** `seen`: a package has looked at what nobody knows of an own module before it is evaluated. */
  constructor(entry: string, seen: (what: string) => void) {
    this.#entry = entry
    this.#seen = seen
  }

  /** From here on there is a main module. */
  begin() {
    Object.defineProperty(process, 'mainModule', { value: this.of(this.#entry), configurable: true, enumerable: true, writable: true })
  }

  end() {
    Reflect.deleteProperty(process, 'mainModule')
  }

  of(file: string): NodeModule {
    const known = this.#byFile.get(file)
    if (known) return known
    const standIn = new Module(file)
    const isMain = file === this.#entry
    Object.assign(standIn, { filename: file, paths: pathsOf(file) })
    this.#report(standIn, 'exports', {})
    if (!isMain) this.#report(standIn, 'parent', undefined)
    for (const key of Object.getOwnPropertyNames(standIn)) this.#keys.add(key)
    this.#byFile.set(file, standIn)
    return standIn
  }

  /** What a package has put on one, or has changed there: the own module would have it. */
  changed(): string | undefined {
    for (const standIn of this.#byFile.values()) {
      // Node's loader notes things by symbols.
      const added = Object.getOwnPropertyNames(standIn).find((key) => !this.#keys.has(key))
      if (added !== undefined) return `module.${added}`
      if (standIn.paths.join('\n') !== pathsOf(standIn.filename).join('\n')) return 'module.paths'
    }
    return undefined
  }

  /** The own module is there: it answers for what stood for it. */
  link(file: string, module: NodeModule) {
    const standIn = this.#byFile.get(file)
    if (!standIn) return
    this.#byFile.delete(file)
    this.#linked.set(module, standIn)
    for (const key of Reflect.ownKeys(standIn)) Reflect.deleteProperty(standIn, key)
    Object.setPrototypeOf(standIn, module)
    // Node knows of parents by the module itself.
    const get = () => {
      const parent: unknown = Reflect.get(module, 'parent')
      return this.#linked.get(parent) ?? parent
    }
    Object.defineProperty(standIn, 'parent', { configurable: true, get })
  }

  #report(standIn: NodeModule, key: string, value: unknown) {
    const get = () => {
      this.#seen(`module.${key}`)
      return value
    }
    const set = () => {
      this.#seen(`module.${key}`)
    }
    Object.defineProperty(standIn, key, { configurable: true, enumerable: Object.hasOwn(standIn, key), get, set })
  }
}
