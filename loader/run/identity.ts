// Who this process is: what Node found out at its start, and what a fork would go on believing.
import path from 'node:path'
import type { RunFacts } from '../native.js'

const replace = (array: string[], values: string[]) => array.splice(0, array.length, ...values)

const define = (name: 'pid' | 'ppid', value: unknown) => {
  const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(process, name) ?? {}
  Object.defineProperty(process, name, { value, writable: writable ?? false, enumerable: enumerable ?? true, configurable: configurable ?? true })
}

export const takeIdentity = (run: RunFacts) => {
  const [entry = '', ...args] = run.args
  define('pid', run.pid)
  // The fork's parent is the zygote; the program's is whoever started the client.
  define('ppid', run.parentPid)
  // In place: modules may hold on to these arrays.
  replace(process.argv, [process.execPath, path.resolve(entry), ...args])
  replace(process.execArgv, run.execArgv)
  // libuv's initial title is argv[0].
  process.title = process.argv0
}
