// Who this process is: what Node found out at its start, and what a fork would go on believing.
import path from 'node:path'
import type { Native, RunFacts } from '../native.js'

const replace = (array: string[], values: string[]) => array.splice(0, array.length, ...values)

export const define = (name: 'pid' | 'ppid', value: number) => {
  const { writable = false, enumerable = true, configurable = true } = Object.getOwnPropertyDescriptor(process, name) ?? {}
  // Up to Node 22 ppid is a native accessor in the guise of a value, which a value does not replace, but an accessor does. (Nor would it be in its
  // place among the properties, were it deleted.)
  Object.defineProperty(process, name, { get: () => value, enumerable, configurable })
  Object.defineProperty(process, name, { value, writable, enumerable, configurable })
}

/** `argv`: Node's own, where a program may have put another. */
export const takeIdentity = (run: RunFacts, argv: string[]) => {
  const [entry = '', ...args] = run.args
  define('pid', run.pid)
  // The fork's parent is the zygote; the program's is whoever started the client.
  define('ppid', run.parentPid)
  // In place: modules may hold on to these arrays.
  replace(argv, [process.execPath, path.resolve(entry), ...args])
  replace(process.execArgv, run.execArgv)
}

/** `own`: what a module has set before the gate. libuv's initial title is argv[0]. */
export const takeTitle = (native: Native, own?: string) => {
  process.title = own ?? process.argv0
  if (own === undefined) native.takeProcessName(process.execPath)
}
