// What modules ask of process.argv before the gate. Most only look for a flag (`argv.includes('--color')`); a client whose arguments
// answer such a question differently must not get this zygote's modules.

import { inspect } from 'node:util'
import type { ParkOptions } from '../native.js'

export interface WatchedArguments {
  questions: () => Pick<ParkOptions, 'arguments' | 'searchedArguments' | 'asksAllArguments' | 'entry' | 'asksEntry'>
  /** Puts the real array back, and returns it. A reference captured before goes on to work, unobserved. */
  release: () => string[]
}

interface Notes {
  search: (text: string) => void
  readAll: () => void
  readEntry: () => void
}

const observe = (real: string[], { search: noteSearch, readAll, readEntry }: Notes): string[] => {
  const search = (method: 'indexOf' | 'includes') => function (this: unknown, text: unknown, ...rest: unknown[]) {
    if (typeof text !== 'string' || rest.length > 0) readAll()
    else noteSearch(text)
    // The entry's own path is found in some runs and not in others.
    if (typeof text === 'string' && text.startsWith('/')) readEntry()
    return (real[method] as (...parameters: unknown[]) => unknown)(text, ...rest)
  }
  const searches: Record<string, unknown> = { indexOf: search('indexOf'), includes: search('includes') }
  return new Proxy(real, {
    get: (target, property): unknown => {
      if (!observing.has(real)) return Reflect.get(target, property)
      if (Object.hasOwn(searches, property)) return searches[property as string]
      // Node's path is the same by the program's key.
      if (property === '1') readEntry()
      else if (property !== '0') readAll()
      return Reflect.get(target, property)
    },
    has: (target, property) => {
      readAll()
      return Reflect.has(target, property)
    },
    ownKeys: (target) => {
      readAll()
      return Reflect.ownKeys(target).filter((key) => key !== inspect.custom)
    },
    getOwnPropertyDescriptor: (target, property) => {
      readEntry()
      readAll()
      return Reflect.getOwnPropertyDescriptor(target, property)
    },
  })
}

const observing = new WeakSet<string[]>()

/**
 * @param noteAsker called when a question is asked for the first time; it is written as in native/wire/variant.h
 * @param beforeAll called before more is told than whether something is among them; may return in a run, whose arguments they are then
 */
export const watchArguments = (noteAsker: (question: string) => void, beforeAll: () => void): WatchedArguments => {
  const real = process.argv
  const [, entry = '', ...own] = real
  const searched = new Set<string>()
  const asked = new Set<string>()
  const ask = (question: string) => {
    if (!asked.has(question)) noteAsker(question)
    asked.add(question)
  }
  observing.add(real)
  const notes: Notes = {
    search: (text) => {
      searched.add(text)
      ask(`=${text}`)
    },
    readAll: () => {
      beforeAll()
      ask('*')
    },
    readEntry: () => ask('/'),
  }
  const observed = process.argv = observe(real, notes)
  // Node prints what is behind a Proxy, and asks that first whether it has a way of its own.
  Object.defineProperty(real, inspect.custom, {
    configurable: true,
    enumerable: false,
    get: () => {
      notes.readAll()
      return undefined
    },
  })
  return {
    questions: () => ({ arguments: own, searchedArguments: [...searched], asksAllArguments: asked.has('*'), entry, asksEntry: asked.has('/') }),
    release: () => {
      observing.delete(real)
      Reflect.deleteProperty(real, inspect.custom)
      // A program may have put another in its place.
      if (process.argv === observed) process.argv = real
      return real
    },
  }
}
