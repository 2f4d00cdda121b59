// A program starts: warm if a run is to be had, else plain, with a zygote made in the background for the next time.
import fs from 'node:fs'
import path from 'node:path'
import { commandsPath, distribution, registerPath } from '../distribution.js'
import { clientPath, loadNative, platformPath, type Native, type Program } from '../native.js'
import { warmth } from '../warmth.js'
import type { PrepareOptions } from './prepare-zygote.js'
import { isInCi, whyNotEligible } from './eligibility.js'
import { takePlainNote } from './plain-note.js'

/** Reasons after which the next run could be warm, if a zygote were made now. */
const curable = /^(absent|question|stale|closing|broken-conversation|start-failed)\b/

/** Who asks: our preload, or the program itself by importing instastart/auto. */
export type Asker = 'register' | 'auto'

/** Whether a preload of another installation has asked for this program: it is kept warm, and in one way only. */
const isAnotherAtWork = (): boolean => Object.keys(require.cache).some((file) => path.basename(file) === 'register.js' && file !== registerPath &&
  fs.existsSync(path.join(path.dirname(file), path.relative(distribution, clientPath))))

const thisProgram = (asker: Asker): Program => ({
  node: process.execPath,
  argv0: process.argv0,
  entry: process.argv[1] ?? '',
  execArgv: process.execArgv,
  registerPath: asker === 'register' ? registerPath : '',
  hasChannel: process.channel !== undefined,
})

const reportPlain = (reason: string) => {
  warmth.reason = reason
  // Written at once and by itself: the program's own stderr stays untouched (and unmade).
  if (process.env.INSTASTART_DEBUG === '1') fs.writeSync(2, `instastart: plain run: ${reason}\n`)
}

const askForRun = (native: Native, program: Program): string =>
  native.becomeClient({ ...program, args: process.argv.slice(2), client: clientPath })

/** Why this run is plain; and has a zygote made, if that would help the next one. */
const arrangeNext = (native: Native, program: Program, reason: string, options: PrepareOptions): string => {
  if (!curable.test(reason)) return reason
  if (isInCi()) return `ci: ${reason}`
  if (!fs.existsSync(platformPath)) return `no-platform: there is no part for Node ${process.versions.node} (ABI ${process.versions.modules})`
  const { prepareZygote } = require('./prepare-zygote.js') as typeof import('./prepare-zygote.js')
  return prepareZygote(native, program, options) ?? reason
}

/** @throws {InstastartError} INSTASTART_SETTINGS */
export const startProgram = (asker: Asker) => {
  warmth.hasAsked = true
  // By NODE_OPTIONS we are in every Node. Commands look at things as they are, and make no zygote of their own.
  if (process.argv[1] === commandsPath) return
  const note = takePlainNote()
  const obstacle = whyNotEligible() ?? (asker === 'auto' && isAnotherAtWork() ? 'another-installation' : undefined)
  const native = obstacle ?? loadNative()
  if (typeof native === 'string') {
    reportPlain(note ?? native)
    return
  }
  const program = thisProgram(asker)
  const options = { isClients: note !== undefined, preload: asker === 'auto' ? registerPath : undefined }
  const reason = arrangeNext(native, program, note ?? askForRun(native, program), options)
  native.noteRun(program, reason)
  reportPlain(reason)
}
