// What packages may look at while they are evaluated: globals, prototypes, the environment, Node's own modules, its loader. An own module that
// changes some of it must be evaluated before the packages that come after it.
import Module from 'node:module'

/** Names, each followed by what stands there. */
type Look = unknown[]

/** Different without anybody's doing, or nobody's concern; and process.argv, which is not to be asked for here. */
const passing = new Set(['exitCode', 'argv', 'title', '_events', '_eventsCount', 'moduleLoadList', '_pathCache'].flatMap((name) =>
  ['process', 'node:process', 'node:module'].map((owner) => `${owner}.${name}`)))

const isOurs = (key: string | symbol): boolean => typeof key === 'symbol' && key.description?.startsWith('instastart.') === true

/** Interfaces of the web, which Node loads as soon as their property is looked at, by whatever means: only whether they are there counts. */
const isLazy = (object: object, key: string | symbol): boolean =>
  object === globalThis && typeof key === 'string' && /^[A-Z]/.test(key) && !Object.prototype.propertyIsEnumerable.call(object, key)

const addProperties = (look: Look, name: string, object: object) => {
  for (const key of Reflect.ownKeys(object)) {
    const property = `${name}.${String(key)}`
    if (passing.has(property) || isOurs(key)) continue
    if (isLazy(object, key)) {
      look.push(property, undefined)
      continue
    }
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
    // What an accessor would say is not asked for: that could do anything.
    look.push(property, descriptor && 'value' in descriptor ? descriptor.value : descriptor?.get)
  }
}

const namespaces = { globalThis, process, JSON, Math, Reflect, Intl, Atomics, console, Module }

/** Functions that every program has. */
const constructors = [
  Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp, Promise, Map, Set, WeakMap, WeakSet,
  Error, TypeError, RangeError, SyntaxError, ArrayBuffer, DataView, Uint8Array, Buffer, URL, EventTarget, AbortSignal,
]

export class VisibleState {
  readonly #builtins = new Map<string, object>()
  #last = this.#look()

  /** Of Node's own modules those count that own modules have: loading others would have effects of its own. */
  addBuiltin(name: string) {
    if (this.#builtins.has(name)) return
    const exports: unknown = require(name)
    if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return
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
    for (const [name, value] of Object.entries(process.env)) look.push(`process.env.${name}`, value)
    return look
  }

  /** What has changed since the last call, by its name; '' if nothing has. */
  change(): string {
    const before = this.#last
    const after = this.#last = this.#look()
    const [longer, shorter] = after.length >= before.length ? [after, before] : [before, after]
    const at = longer.findIndex((each, i) => !Object.is(each, shorter[i]))
    return at < 0 ? '' : String(longer[at - at % 2])
  }
}
