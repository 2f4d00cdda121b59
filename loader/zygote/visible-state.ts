// What packages may look at while they are evaluated: globals, prototypes, the environment, Node's own modules, its loader. An own module that
// changes some of it must be evaluated before the packages that come after it.
import Module from 'node:module'

/** Names, each followed by what stands there. */
type Look = unknown[]

/** Different without anybody's doing, or nobody's concern; and process.argv, which is not to be asked for here. */
const passing = new Set(['process.exitCode', 'process.argv', 'process.title', 'process._events', 'process._eventsCount', 'process.moduleLoadList', 'module._pathCache'])

const addProperties = (look: Look, name: string, object: object) => {
  for (const key of Reflect.ownKeys(object)) {
    const property = `${name}.${String(key)}`
    if (passing.has(property)) continue
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
    // What an accessor would say is not asked for: that could do anything.
    look.push(property, descriptor && 'value' in descriptor ? descriptor.value : descriptor?.get)
  }
}

const namespaces = { globalThis, JSON, Math, Reflect, Intl, Atomics, console }

/** Functions that every program has. */
const constructors = [
  Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp, Promise, Map, Set, WeakMap, WeakSet,
  Error, TypeError, RangeError, SyntaxError, ArrayBuffer, DataView, Uint8Array, Buffer, URL, EventTarget, AbortSignal,
]

/** Those that are loaded: looking at others would load them. Some warn whoever asks for them. */
const builtinName = /^NativeModule (?!internal\/|_|punycode$|sys$)(.+)$/

const loadedBuiltins = (): [name: string, exports: object][] => {
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] }
  return moduleLoadList.flatMap((entry) => {
    const name = builtinName.exec(entry)?.[1]
    if (name === undefined || !Module.isBuiltin(name)) return []
    const exports: unknown = require(`node:${name}`)
    return (typeof exports === 'object' && exports !== null) || typeof exports === 'function' ? [[name, exports]] : []
  })
}

export class VisibleState {
  /** As of the first look: what is loaded later is new, and not changed. */
  readonly #builtins = loadedBuiltins()
  #last = this.#look()

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
