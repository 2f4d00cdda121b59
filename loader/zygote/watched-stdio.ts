// Which standard streams modules make before the gate. They keep their identity; in a run they must lead to the client's descriptors.

export interface WatchedStdio {
  /** For each stream that was made and has a handle: its standard descriptor, and the one that libuv works on. */
  rebinds: () => [standard: number, stream: number][]
  /** Puts Node's own accessors back. */
  release: () => void
}

const names = ['stdin', 'stdout', 'stderr'] as const

interface WithHandle { _handle?: { fd?: number } | null }

export const watchStdio = (): WatchedStdio => {
  const made = new Map<number, WithHandle>()
  const originals = names.map((name) => Object.getOwnPropertyDescriptor(process, name))
  names.forEach((name, standard) => {
    const original = originals[standard]
    if (!original?.get) return
    const make = original.get.bind(process)
    Object.defineProperty(process, name, {
      ...original,
      get: () => {
        const stream = make() as WithHandle
        made.set(standard, stream)
        return stream
      },
    })
  })
  return {
    rebinds: () => [...made].flatMap(([standard, stream]) => {
      const fd = stream._handle?.fd
      return fd === undefined || fd < 0 ? [] : [[standard, fd]]
    }),
    release: () => names.forEach((name, standard) => {
      const original = originals[standard]
      if (original) Object.defineProperty(process, name, original)
    }),
  }
}
