// The gate of an ES module: one import appended to the entry, of a virtual module that imports what the entry imports and then parks.
// Evaluation is in order of imports, so everything before the entry's own body has been evaluated by then, and nothing after it.
import type { LoadWatcher } from '../hooks/watcher.js'
import type { Parking } from './parking.js'
import { staticImports } from './static-imports.js'

const gateURL = 'instastart:gate'
/** How the gate's source, which can import nothing of ours, reaches us. */
const parkSymbol = Symbol.for('instastart.park')

export const esmGate = (entryURL: string, parking: Parking): LoadWatcher => {
  let gateSource = ''

  const withGate = (source: string): string | undefined => {
    const imports = staticImports(source)
    if (imports === undefined) return parking.giveUp('entry-not-understood')
    if (imports.length === 0) return parking.giveUp('nothing-before-gate')
    gateSource = [...imports.map(({ statement }) => statement), `process[Symbol.for('instastart.park')]()`].join('\n')
    Object.defineProperty(process, parkSymbol, {
      configurable: true,
      value: () => {
        Reflect.deleteProperty(process, parkSymbol)
        parking.park()
      },
    })
    // On a line of its own, last: no position in the entry moves, and a comment at its end stays one.
    return `${source}\nimport ${JSON.stringify(gateURL)};`
  }

  return {
    resolve: (specifier, parentURL) => {
      if (specifier === gateURL) return { url: gateURL, format: 'module' }
      return parentURL === gateURL ? { parentURL: entryURL } : undefined
    },
    virtual: (url) => (url === gateURL ? { format: 'module', source: gateSource } : undefined),
    source: (url, source) => (url === entryURL ? withGate(source) : undefined),
  }
}
