// The gate of an ES module: one import appended to it, of a virtual module that imports what the module imports and then parks.
// Evaluation is in order of imports, so everything before the module's own body has been evaluated by then, and nothing after it.
import { fileOfURL, queryOf } from '../hooks/file-kinds.js'
import type { LoadWatcher } from '../hooks/watcher.js'
import type { ExplicitGate } from './explicit-gate.js'
import type { GatePlaces } from './gate-places.js'
import type { Parking } from './parking.js'
import { staticImports } from './static-imports.js'

const gatePrefix = 'instastart:gate?'
/** How the gate's source, which can import nothing of ours, reaches us. */
const parkSymbol = Symbol.for('instastart.park')
const endSymbol = Symbol.for('instastart.end')

/** Lets sources call it by this symbol, up to the gate; calls after that do nothing. */
const offer = (symbol: symbol, parking: Parking, callback: (argument: string) => void) => {
  Object.defineProperty(process, symbol, { configurable: true, value: callback })
  parking.whenOver(() => Reflect.deleteProperty(process, symbol))
}

const callOf = (symbol: symbol, argument = '') => `;process[Symbol.for(${JSON.stringify(Symbol.keyFor(symbol))})]?.(${JSON.stringify(argument)});`

export const esmGate = (places: GatePlaces, explicit: ExplicitGate, parking: Parking): LoadWatcher => {
  const gates = new Map<string, string>()

  // What is appended is on a line of its own, last: no position in the module moves, and a comment at its end stays one.
  const withGate = (url: string, file: string, source: string): string => {
    const imports = staticImports(source)
    if (imports === undefined) return parking.giveUp(`not-understood: ${url}`)
    const gateURL = gatePrefix + encodeURIComponent(url)
    gates.set(gateURL, [...imports.map(({ statement }) => statement), callOf(parkSymbol, file)].join('\n'))
    offer(parkSymbol, parking, (gate) => parking.park(gate))
    return `${source}\nimport ${JSON.stringify(gateURL)};`
  }

  const inEntry = (url: string, file: string, source: string): string => {
    parking.hearQuestions()
    if (explicit.isIn(file, source)) {
      offer(endSymbol, parking, () => explicit.assertReached(file))
      return `${source}\n${callOf(endSymbol)}`
    }
    return withGate(url, file, source)
  }

  return {
    resolve: (specifier, parentURL) => {
      if (specifier.startsWith(gatePrefix)) return { url: specifier, format: 'module' }
      return parentURL?.startsWith(gatePrefix) ? { parentURL: decodeURIComponent(parentURL.slice(gatePrefix.length)) } : undefined
    },
    virtual: (url) => {
      const source = gates.get(url)
      return source === undefined ? undefined : { format: 'module', source }
    },
    source: (url, source) => {
      const file = fileOfURL(url)
      if (file === undefined) return undefined
      // With a query it is another module, though of the same file.
      if (places.isEntry(file) && queryOf(url) === '') return inEntry(url, file, source)
      return places.isBefore(file) ? withGate(url, file, source) : undefined
    },
  }
}
