// What packages may look at while they are evaluated: globals, prototypes, the environment, Node's own modules, its loader, and what other
// packages export. An own module that changes some of it must be evaluated before the packages that come after it, and after an own module a package
// that does.
import Module, { isBuiltin } from 'node:module'
import { types } from 'node:util'

/** Threes: whose it is, which, and what stands there. */
type Look = unknown[]

export interface Change {
  what: string
  /** The name of a global variable that was not there before, which may be that of a symbol (`Symbol.for`). */
  newGlobal?: string
}

/** A package's exports and what hangs on them: these many properties at most, the nearest first. */
const mostOfPackage = 300

/** Different without anybody's doing, or nobody's concern; and process.argv, which is not to be asked for here. */
const passing = new Map(['process', 'node:process', 'node:module'].map((owner) =>
  [owner, new Set<string | symbol>(['exitCode', 'argv', '_events', '_eventsCount', 'moduleLoadList', 'mainModule', '_pathCache'])]))

const isOurs = (key: string | symbol): boolean => typeof key === 'symbol' && key.description?.startsWith('instastart.') === true

/** Global variables of the language; V8 has all of them from the start. */
const languageGlobals = new Set([
  'Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'BigInt', 'Date', 'Promise', 'RegExp', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef',
  'FinalizationRegistry', 'Proxy', 'Reflect', 'JSON', 'Math', 'Intl', 'Atomics', 'WebAssembly', 'Iterator', 'Error', 'AggregateError', 'EvalError', 'RangeError',
  'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray',
  'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
  'Float16Array', 'SuppressedError', 'DisposableStack', 'AsyncDisposableStack', 'Temporal',
])

/** Interfaces of the web, which Node loads as soon as their property is looked at, by whatever means: only whether they are there counts. */
const isInterface = (object: object, key: string | symbol): key is string =>
  object === globalThis && typeof key === 'string' && /^[A-Z]/.test(key) && !languageGlobals.has(key) && !Object.prototype.propertyIsEnumerable.call(object, key)

/** What an accessor would say is not asked for: that could do anything. */
const standsAt = (object: object, key: string | symbol): unknown => {
  const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
  return descriptor && 'value' in descriptor ? descriptor.value : descriptor?.get
}

type Code = (...args: never[]) => unknown

const isCode = (value: unknown): value is Code => typeof value === 'function'

/** Stands for what Node makes of a property when it is looked at. */
const lazily = Symbol('lazily')

const isObject = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function'

/** Where looking does something, or where there is too much to look at. */
const isOpaque = (value: object): boolean => types.isProxy(value) || ArrayBuffer.isView(value)

const lookAtPackage = (name: string, exports: object): Look => {
  const look: Look = []
  const found = new Map<object, string>([[exports, name]])
  // Grows meanwhile: the nearest come first.
  for (const [object, owner] of found) {
    if (Array.isArray(object)) look.push(owner, 'length', object.length)
    else if (types.isMap(object) || types.isSet(object)) look.push(owner, 'size', object.size)
    else {
      for (const key of Object.keys(object)) {
        if (look.length >= 3 * mostOfPackage) return look
        const value = standsAt(object, key)
        look.push(owner, key, value)
        if (isObject(value) && !isOpaque(value) && !found.has(value)) found.set(value, key === 'default' ? owner : `${owner}.${key}`)
      }
    }
  }
  return look
}

/** By its name, what stands at `at`. */
const nameIn = (look: Look, at: number): string => {
  const [owner, key] = look.slice(at - at % 3)
  return `${String(owner)}.${String(key)}`
}

const namespaces = { globalThis, process, JSON, Math, Reflect, Intl, Atomics, console, Module }

/** Functions that every program has. */
const constructors = [
  Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp, Promise, Map, Set, WeakMap, WeakSet,
  Error, TypeError, RangeError, SyntaxError, ArrayBuffer, DataView, Uint8Array, Buffer, URL, EventTarget, AbortSignal,
]

const changedGlobals = (before: Look, after: Look): Change[] => {
  const byKey = (look: Look) => new Map(look.flatMap((key, i) => (i % 3 === 1 ? [[key, look[i + 1]] as const] : [])))
  const [was, is] = [byKey(before), byKey(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((key) => {
    if (was.has(key) && is.has(key) && Object.is(was.get(key), is.get(key))) return []
    const what = `globalThis.${String(key)}`
    const name = typeof key === 'symbol' ? Symbol.keyFor(key) : String(key)
    return was.has(key) || name === undefined ? [{ what }] : [{ what, newGlobal: name }]
  })
}

const builtinPrefix = 'NativeModule '

/** Names of Node's public modules that somebody has loaded already. */
const loadedBuiltins = (): string[] =>
  (Reflect.get(process, 'moduleLoadList') as string[])
    .filter((each) => each.startsWith(builtinPrefix))
    .map((each) => `node:${each.slice(builtinPrefix.length)}`)
    // Whoever requires punycode is warned.
    .filter((name) => !name.startsWith('node:internal/') && name !== 'node:punycode' && isBuiltin(name))

export class VisibleState {
  readonly #scriptOf: (code: Code) => string
  readonly #parts = new Map<string, { look: () => Look; last: Look }>()
  /** Properties that Node defines anew when somebody looks at them first: which do not count for that. */
  readonly #lazy = new WeakMap<object, Set<string | symbol>>()

  constructor(scriptOf: (code: Code) => string) {
    this.#scriptOf = scriptOf
    for (const [name, object] of Object.entries({ ...namespaces, 'Module.prototype': Module.prototype })) this.#addObject(name, object)
    for (const each of constructors) {
      this.#addObject(each.name, each)
      this.#addObject(`${each.name}.prototype`, each.prototype as object)
    }
    this.#addObject('require.extensions', Reflect.get(Module, '_extensions') as object)
    this.#add('process.env', () => Object.entries(process.env).flatMap(([name, value]) => ['process.env', name, value]))
    this.#add('process.on', () =>
      process.eventNames().flatMap((event) => process.rawListeners(event as string).flatMap((listener) => ['process.on', event, listener])))
    this.#add('process state', () => ['process', 'umask', process.umask(), 'process', 'title', process.title])
    this.addLoadedBuiltins()
  }

  /** Of Node's own modules those count that somebody has loaded: loading others would have effects of its own. What is not Node's in them by now. */
  addLoadedBuiltins(): Change[] {
    return loadedBuiltins().flatMap((name) => this.#addBuiltin(name))
  }

  #addBuiltin(name: string): Change[] {
    if (this.#parts.has(name)) return []
    const exports: unknown = require(name)
    if (!isObject(exports)) return []
    const look = this.#addObject(name, exports)
    const at = look.findIndex((each, i) => i % 3 === 2 && isCode(each) && !/^(?:node:|$)/.test(this.#scriptOf(each)))
    return at < 0 ? [] : [{ what: nameIn(look, at) }]
  }

  addPackage(name: string, exports: object) {
    this.#add(name, () => lookAtPackage(name, exports))
  }

  #add(name: string, look: () => Look): Look {
    const last = look()
    this.#parts.set(name, { look, last })
    return last
  }

  #addObject(name: string, object: object): Look {
    return this.#add(name, () => this.#lookAt(name, object))
  }

  #lookAt(owner: string, object: object): Look {
    const look: Look = []
    for (const key of Reflect.ownKeys(object)) {
      if (passing.get(owner)?.has(key) || isOurs(key)) continue
      if (isInterface(object, key)) {
        look.push(owner, key, lazily)
        continue
      }
      const stands = standsAt(object, key)
      // What Node puts there as it loads an interface of the web.
      if (object === globalThis && typeof key === 'symbol' && this.#isNodes(stands)) continue
      // Node replaces some itself, such as chdir as soon as it may have Workers.
      const isReplaceable = object === process && isCode(stands) && this.#isNodes(stands)
      look.push(owner, key, this.#isLazy(object, key, stands) || isReplaceable ? lazily : stands)
    }
    return look
  }

  /** Of whose value nothing is known here. */
  get interfaces(): string[] {
    return Reflect.ownKeys(globalThis).filter((key) => isInterface(globalThis, key))
  }

  #isLazy(object: object, key: string | symbol, stands: unknown): boolean {
    const isAccessor = Reflect.getOwnPropertyDescriptor(object, key)?.get !== undefined
    const known = this.#lazy.get(object)
    if ((!isAccessor && !known?.has(key)) || !this.#isNodes(stands)) return false
    if (known) known.add(key)
    else this.#lazy.set(object, new Set([key]))
    return true
  }

  /** A function of Node's, or an object that such a one has made. */
  #isNodes(value: unknown): boolean {
    const isMade = !isCode(value) && isObject(value) && !types.isProxy(value)
    const maker = isMade ? standsAt(Object.getPrototypeOf(value) as object ?? {}, 'constructor') : value
    return isCode(maker) && this.#scriptOf(maker).startsWith('node:')
  }

  /** What has changed since the last call: all global variables, of everything else the first of its kind. */
  changes(): Change[] {
    const changes: Change[] = []
    for (const [name, part] of this.#parts) {
      const before = part.last
      const after = part.last = part.look()
      if (name === 'globalThis') changes.push(...changedGlobals(before, after))
      else {
        const [longer, shorter] = after.length >= before.length ? [after, before] : [before, after]
        const at = longer.findIndex((each, i) => !Object.is(each, shorter[i]))
        if (at >= 0) changes.push({ what: nameIn(longer, at) })
      }
    }
    return changes
  }
}
