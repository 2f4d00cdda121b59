// By which of its functions Node looks at files, and at the kernel's figures, for JavaScript: the observer tells them by where they call from.
import fs from 'node:fs'
import os from 'node:os'
import type { Native } from '../native.js'

/** Not fs.opendirSync(): what it makes has a number of Node's (node:async_hooks), and all later ones would be higher. */
const looks: (() => unknown)[] = [
  () => fs.readFileSync('/proc/self/stat'),
  () => fs.readFileSync('/proc/self/stat', 'utf8'),
  () => fs.closeSync(fs.openSync('/proc/self/stat', 'r')),
  () => fs.statSync('/proc/self'),
  () => fs.lstatSync('/proc/self'),
  () => fs.existsSync('/proc/self'),
  () => { fs.accessSync('/proc/self') },
  () => fs.readlinkSync('/proc/self'),
  () => fs.realpathSync('/proc/self'),
  () => fs.realpathSync.native('/proc/self'),
  () => fs.readdirSync('/proc/self/fd'),
  () => fs.statfsSync('/proc'),
  () => process.memoryUsage(),
  () => process.memoryUsage.rss(),
  () => process.constrainedMemory(),
  () => process.availableMemory(),
  () => process.cpuUsage(),
  () => process.resourceUsage(),
  () => os.freemem(),
  () => os.totalmem(),
  () => os.cpus(),
  () => os.uptime(),
  () => os.loadavg(),
  () => os.networkInterfaces(),
]

/** To be called before any module of the user's, who may have put others in their places afterwards. */
export const learnReaders = (native: Native) => {
  native.learnReaders(true)
  for (const look of looks) {
    try {
      look()
    } catch {
      // What fails here, in a sandbox, fails for the program, too.
    }
  }
  native.learnReaders(false)
}
