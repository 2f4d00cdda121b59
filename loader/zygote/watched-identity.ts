// Who the process is, before the gate. process.pid and process.ppid are others in every run: a module that keeps one would keep the zygote's, or its
// starter's. process.title is the one that the runs will have, while `ps` shows the zygote's.
import fs from 'node:fs'
import { isTransformed } from '../hooks/file-kinds.js'
import { isOwnWork } from '../hooks/own-work.js'
import type { Platform } from '../native.js'
import { callSite, type Site } from './module-under-evaluation.js'

type Name = 'pid' | 'ppid'

export interface WatchedIdentity {
  /** After a fork that goes on as a zygote. */
  setPid: (pid: number) => void
  /** What `ps` shows: one word of it in the place of another. */
  rename: (from: string, to: string) => void
  /** Gives everything back. Returns the title that a module has set meanwhile, if one has. */
  release: () => string | undefined
}

/** Many look whether this is a process at all: `typeof process.pid === 'number'`. Source that we translate is not what stands in the file. */
const isAskedForType = ({ script, line, column }: Site): boolean => {
  const file = script.startsWith('file:') ? new URL(script) : script
  if (script.startsWith('node:') || isTransformed(script) || !fs.existsSync(file)) return false
  const text = fs.readFileSync(file, 'utf8').split('\n')[line - 1] ?? ''
  return /\btypeof\s+[\w$.]*$/.test(text.slice(0, column - 1))
}

/** @param read called before a module is given the value; may not return */
export const watchIdentity = (platform: Platform, read: (what: string) => void): WatchedIdentity => {
  let isReleased = false
  const values = { pid: process.pid, ppid: process.ppid }
  const descriptors = Object.getOwnPropertyDescriptors(process)
  const watch = (name: Name) => {
    const get = () => {
      const site = isOwnWork() ? undefined : callSite(get)
      // Node copies all that `process` has for those who import it by name: see importsIdentity.
      if (site && site.script !== 'node:internal/bootstrap/realm' && !isAskedForType(site)) read(`process.${name}`)
      // A run has its own by now.
      return isReleased ? process[name] : values[name]
    }
    Object.defineProperty(process, name, { get, enumerable: true, configurable: true })
  }
  const release = (name: Name) => Object.defineProperty(process, name, { ...descriptors[name], value: values[name] })
  watch('pid')
  watch('ppid')
  platform.holdTitle(process.argv0)
  return {
    setPid: (pid) => {
      values.pid = pid
    },
    rename: (from, to) => {
      platform.releaseTitle()
      process.title = process.title.replace(from, to)
      platform.holdTitle(process.argv0)
    },
    release: () => {
      isReleased = true
      release('pid')
      release('ppid')
      return platform.releaseTitle()
    },
  }
}

const fromProcess = /\b(import|export)\b([^'"`;]*?)\bfrom\s*['"](?:node:)?process['"]/g

/** Whether an ES module has a name of its own for either: Node gives it the value before any module is evaluated, and never another. */
export const importsIdentity = (text: string): boolean =>
  text.includes('process') && [...text.matchAll(fromProcess)].some(([, kind, names = '']) =>
    /\bp?pid\b/.test(names) || names.includes('*') && (kind === 'export' || /\bp?pid\b/.test(text)))
