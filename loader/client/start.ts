// A program starts: warm if a run is to be had, else plain, with a zygote made in the background for the next time.
import fs from 'node:fs'
import path from 'node:path'
import { installHooks } from '../hooks/install.js'
import { clientPath, loadNative, platformPath, type Native, type Program } from '../native.js'
import { whyNotEligible } from './eligibility.js'
import { takePlainNote } from './plain-note.js'

/** Reasons after which the next run could be warm, if a zygote were made now. */
const curable = /^(absent|stale|closing|broken-conversation|start-failed)\b/

const thisProgram = (): Program => ({
  node: process.execPath,
  argv0: process.argv0,
  entry: process.argv[1] ?? '',
  execArgv: process.execArgv,
  registerPath: path.join(import.meta.dirname, '../register.js'),
})

const reportPlain = (reason: string) => {
  // Written at once and by itself: the program's own stderr stays untouched (and unmade).
  if (process.env.INSTASTART_DEBUG === '1') fs.writeSync(2, `instastart: plain run: ${reason}\n`)
}

const askForRun = (native: Native, program: Program): string =>
  native.becomeClient({ ...program, args: process.argv.slice(2), client: clientPath })

export const startProgram = () => {
  const note = takePlainNote()
  const obstacle = whyNotEligible()
  const native = obstacle ?? loadNative()
  if (typeof native === 'string') {
    reportPlain(note ?? native)
    installHooks()
    return
  }
  const program = thisProgram()
  const reason = note ?? askForRun(native, program)
  const isCurable = curable.test(reason)
  const hasPlatform = !isCurable || fs.existsSync(platformPath)
  reportPlain(hasPlatform ? reason : `no-platform: there is no part for Node ${process.versions.node} (ABI ${process.versions.modules})`)
  installHooks()
  if (isCurable && hasPlatform) (require('./prepare-zygote.js') as typeof import('./prepare-zygote.js')).prepareZygote(native, program)
}
