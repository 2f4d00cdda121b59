// What modules ask of process.argv before the gate. Most only look for a flag (`argv.includes('--color')`); a client whose arguments
// answer such a question differently must not get this zygote's modules.

export interface WatchedArguments {
  /** The texts looked for and where they were found (-1: not). */
  positions: () => [text: string, position: number][]
  /** The program's arguments, if something read more than that. */
  whole: () => string[] | undefined
  /** Puts the real array back. A reference captured before goes on to work, unobserved. */
  release: () => void
}

const observe = (real: string[], searched: Map<string, number>, readAll: () => void): string[] => {
  const search = (method: 'indexOf' | 'includes') => function (this: unknown, text: unknown, ...rest: unknown[]) {
    if (typeof text !== 'string' || rest.length > 0) readAll()
    else searched.set(text, real.indexOf(text))
    return (real[method] as (...parameters: unknown[]) => unknown)(text, ...rest)
  }
  const searches: Record<string, unknown> = { indexOf: search('indexOf'), includes: search('includes') }
  return new Proxy(real, {
    get: (target, property): unknown => {
      if (!observing.has(real)) return Reflect.get(target, property)
      if (Object.hasOwn(searches, property)) return searches[property as string]
      // The first two are paths that the zygote and its runs share by the program's key.
      if (property !== '0' && property !== '1') readAll()
      return Reflect.get(target, property)
    },
    has: (target, property) => {
      readAll()
      return Reflect.has(target, property)
    },
    ownKeys: (target) => {
      readAll()
      return Reflect.ownKeys(target)
    },
    getOwnPropertyDescriptor: (target, property) => {
      readAll()
      return Reflect.getOwnPropertyDescriptor(target, property)
    },
  })
}

const observing = new WeakSet<string[]>()

export const watchArguments = (): WatchedArguments => {
  const real = process.argv
  const searched = new Map<string, number>()
  let whole: string[] | undefined
  observing.add(real)
  process.argv = observe(real, searched, () => {
    whole ??= real.slice(2)
  })
  return {
    positions: () => [...searched],
    whole: () => whole,
    release: () => {
      observing.delete(real)
      process.argv = real
    },
  }
}
