// Which standard streams modules make before the gate. They keep their identity; in a run they must lead to the client's descriptors.

import type { ParkOptions } from '../native.js'

export interface WatchedStdio {
  /** For each stream that was made and has a handle: its standard descriptor, and the one that libuv works on. */
  rebinds: () => [standard: number, stream: number][]
  questions: () => Pick<ParkOptions, 'askedSizes'>
  /** Puts Node's own accessors back. */
  release: () => void
}

const names = ['stdin', 'stdout', 'stderr'] as const

interface Stream { _handle?: { fd?: number } | null; columns?: number; rows?: number }

/** In a run they have the size of its own terminal (run/terminal.ts); what a module has made of them before is an answer. Returns what ends it. */
const watchSize = (stream: Stream, asked: () => void): () => void => {
  const properties = (['columns', 'rows'] as const).filter((name) => Object.hasOwn(stream, name))
  const values = { columns: stream.columns, rows: stream.rows }
  for (const name of properties) {
    Object.defineProperty(stream, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        asked()
        return values[name]
      },
      set: (value: number) => {
        values[name] = value
      },
    })
  }
  return () => properties.forEach((name) => {
    Object.defineProperty(stream, name, { configurable: true, enumerable: true, writable: true, value: values[name] })
  })
}

/**
 * @param noteAsker called when a question is asked for the first time; it is written as in native/wire/variant.h
 * @param beforeMaking called before a stream is looked at, and perhaps made; may return in a run
 */
export const watchStdio = (noteAsker: (question: string) => void, beforeMaking: () => void): WatchedStdio => {
  const made = new Map<number, Stream>()
  const askedSizes = new Set<string>()
  const watches: (() => void)[] = []
  let isReleased = false
  const askSize = (standard: string) => {
    if (!askedSizes.has(standard)) noteAsker(`@${standard}`)
    askedSizes.add(standard)
  }
  const getters = new Map<string, () => Stream>()
  const originals = names.map((name) => Object.getOwnPropertyDescriptor(process, name))
  names.forEach((name, standard) => {
    const original = originals[standard]
    if (!original?.get) return
    const make = original.get.bind(process)
    const get = () => {
      beforeMaking()
      const stream = make() as Stream
      if (isReleased) return stream
      if (!made.has(standard)) watches.push(watchSize(stream, () => askSize(String(standard))))
      made.set(standard, stream)
      return stream
    }
    getters.set(name, get)
    Object.defineProperty(process, name, { ...original, get })
  })
  return {
    rebinds: () => [...made].flatMap(([standard, stream]) => {
      const fd = stream._handle?.fd
      return fd === undefined || fd < 0 ? [] : [[standard, fd]]
    }),
    questions: () => ({ askedSizes: [...askedSizes] }),
    release: () => {
      isReleased = true
      for (const end of watches) end()
      names.forEach((name, standard) => {
        const original = originals[standard]
        // A module may have put another in its place.
        const isOurs = Object.getOwnPropertyDescriptor(process, name)?.get === getters.get(name)
        if (original && isOurs) Object.defineProperty(process, name, original)
      })
    },
  }
}
