// What packages may look at while they are evaluated: globals, prototypes, the environment, Node's own modules, its loader, and what other
// packages export. An own module that changes some of it must be evaluated before the packages that come after it.
import Module from 'node:module'
import { types } from 'node:util'

/** Threes: whose it is, which, and what stands there. */
type Look = unknown[]

/** A package's exports and what hangs on them: these many properties at most, the nearest first. */
const mostOfPackage = 300

/** Different without anybody's doing, or nobody's concern; and process.argv, which is not to be asked for here. */
const passing = new Map(['process', 'node:process', 'node:module'].map((owner) =>
  [owner, new Set<string | symbol>(['exitCode', 'argv', 'title', '_events', '_eventsCount', 'moduleLoadList', '_pathCache'])]))

const isOurs = (key: string | symbol): boolean => typeof key === 'symbol' && key.description?.startsWith('instastart.') === true

/** Interfaces of the web, which Node loads as soon as their property is looked at, by whatever means: only whether they are there counts. */
const isLazy = (object: object, key: string | symbol): boolean =>
  object === globalThis && typeof key === 'string' && /^[A-Z]/.test(key) && !Object.prototype.propertyIsEnumerable.call(object, key)

/** What an accessor would say is not asked for: that could do anything. */
const standsAt = (object: object, key: string | symbol): unknown => {
  const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
  return descriptor && 'value' in descriptor ? descriptor.value : descriptor?.get
}

const addProperties = (look: Look, owner: string, object: object) => {
  for (const key of Reflect.ownKeys(object)) {
    if (passing.get(owner)?.has(key) || isOurs(key)) continue
    look.push(owner, key, isLazy(object, key) ? undefined : standsAt(object, key))
  }
}

const isObject = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function'

/** Where looking does something, or where there is too much to look at. */
const isOpaque = (value: object): boolean => types.isProxy(value) || ArrayBuffer.isView(value)

const addPackage = (look: Look, name: string, exports: object) => {
  const end = look.length + 3 * mostOfPackage
  const found = new Map<object, string>([[exports, name]])
  // Grows meanwhile: the nearest come first.
  for (const [object, owner] of found) {
    if (Array.isArray(object)) look.push(owner, 'length', object.length)
    else if (types.isMap(object) || types.isSet(object)) look.push(owner, 'size', object.size)
    else {
      for (const key of Object.keys(object)) {
        if (look.length >= end) return
        const value = standsAt(object, key)
        look.push(owner, key, value)
        if (isObject(value) && !isOpaque(value) && !found.has(value)) found.set(value, key === 'default' ? owner : `${owner}.${key}`)
      }
    }
  }
}

const namespaces = { globalThis, process, JSON, Math, Reflect, Intl, Atomics, console, Module }

/** Functions that every program has. */
const constructors = [
  Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp, Promise, Map, Set, WeakMap, WeakSet,
  Error, TypeError, RangeError, SyntaxError, ArrayBuffer, DataView, Uint8Array, Buffer, URL, EventTarget, AbortSignal,
]

export class VisibleState {
  readonly #packages: ReadonlyMap<string, object>
  readonly #builtins = new Map<string, object>()
  #last: Look

  /** By name, what packages export that were evaluated already. */
  constructor(packages: ReadonlyMap<string, object>) {
    this.#packages = packages
    this.#last = this.#look()
  }

  /** Of Node's own modules those count that own modules have: loading others would have effects of its own. */
  addBuiltin(name: string) {
    if (this.#builtins.has(name)) return
    const exports: unknown = require(name)
    if (!isObject(exports)) return
    this.#builtins.set(name, exports)
    this.#last = this.#look()
  }

  #look(): Look {
    const look: Look = []
    for (const [name, object] of [...Object.entries(namespaces), ...this.#builtins]) addProperties(look, name, object)
    for (const each of constructors) {
      addProperties(look, each.name, each)
      addProperties(look, `${each.name}.prototype`, each.prototype as object)
    }
    addProperties(look, 'Module.prototype', Module.prototype)
    addProperties(look, 'require.extensions', Reflect.get(Module, '_extensions') as object)
    for (const [name, value] of Object.entries(process.env)) look.push('process.env', name, value)
    for (const [name, exports] of this.#packages) addPackage(look, name, exports)
    return look
  }

  /** What has changed since the last call, by its name; '' if nothing has. */
  change(): string {
    const before = this.#last
    const after = this.#last = this.#look()
    const [longer, shorter] = after.length >= before.length ? [after, before] : [before, after]
    const at = longer.findIndex((each, i) => !Object.is(each, shorter[i]))
    const [owner, key] = longer.slice(at - at % 3)
    return at < 0 ? '' : `${String(owner)}.${String(key)}`
  }
}
