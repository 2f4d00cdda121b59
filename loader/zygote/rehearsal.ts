// What nearly every program does first in its own part: it writes to the console. Node loads and compiles the code for that on first use, a
// third of the time that a small run takes; done here once, on a stream that leads nowhere, every run finds it ready.
import { Console } from 'node:console'
import { Writable } from 'node:stream'

/** To be called before any module of the user's: afterwards some of this may be theirs, and would hear of it. */
export const rehearse = () => {
  // Of these are process.stdout and its like. Not imported: esbuild leaves imports out of which nothing is used.
  require('node:net')
  require('node:tty')
  // The write never ends: its end would be a tick, by which what comes next is called from another place, as stacks show.
  const stdout = new Writable({ write: () => {} })
  // In no colours: what Node decides on them with looks at process.stderr, and so makes it.
  new Console({ stdout, colorMode: false }).log('text')
}
