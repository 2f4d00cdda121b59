// Node, C library, kernel and limits.
import fs from 'node:fs'
import os from 'node:os'
import { nodeCapabilities } from '../node-capabilities.js'
import { loadNative } from '../native.js'
import { degraded, failed, ok, type Check } from './check.js'
import { bytes } from './amounts.js'

const nodeCheck = (): Check => {
  const { node, modules } = process.versions
  const found = `${node} (ABI ${modules}), ${process.execPath}`
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 20)) return failed('node', found, 'Install Node 20.20 or newer.')
  return nodeCapabilities.registerHooks || major === 20 ? ok('node', found) : degraded('node', found, 'This version loads TypeScript more slowly; the newest of its line is better.')
}

const platformCheck = (): Check => {
  const found = `${process.platform} ${process.arch}`
  return found === 'linux x64' ? ok('platform', found) : degraded('platform', found, 'Warm runs exist on Linux x64 only. TypeScript works here, and every run is plain.')
}

/** Node's own report names glibc's version, and nothing for another library. */
const libcCheck = (): Check => {
  const { report } = process as unknown as { report: { excludeNetwork?: boolean; getReport(): { header: { glibcVersionRuntime?: string } } } }
  report.excludeNetwork = true
  const version = report.getReport().header.glibcVersionRuntime
  if (version) return ok('libc', `glibc ${version}`)
  return process.platform === 'linux' ? failed('libc', 'not glibc', 'The native part needs glibc: use a Node that is built for it. Every run is plain.')
    : degraded('libc', 'not glibc', 'Warm runs exist on Linux only.')
}

/** What is lost without each: plain runs, or something less. */
const needs: Record<string, { isNeeded: boolean; without: string }> = {
  memfd: { isNeeded: true, without: 'Without memfd_create(2) no zygote can be made: every run is plain. Linux 3.17 has it; perhaps a sandbox forbids it.' },
  smaps: { isNeeded: true, without: 'Zygotes look at their memory in /proc/self/smaps and pagemap, which are not readable: mount /proc.' },
  pidfd: { isNeeded: false, without: 'Without pidfd_open(2) (Linux 5.3) signals go to runs by number.' },
  'pidfd-info': { isNeeded: false, without: 'Before Linux 6.15 the client of a forked run whose zygote is killed takes SIGKILL for the cause of its end.' },
  'mm-map': { isNeeded: false, without: 'The kernel lacks CONFIG_CHECKPOINT_RESTORE, or a sandbox forbids prctl(PR_SET_MM_MAP): runs are forked, not thawed.' },
  inotify: { isNeeded: false, without: 'No inotify instance is to be had (/proc/sys/fs/inotify/max_user_instances): all files are looked at for each run.' },
}

const kernelCheck = (): Check[] => {
  const native = loadNative()
  // Which doctor-installation.ts reports.
  if (typeof native === 'string') return []
  const missing = Object.entries(native.kernelAbilities()).filter(([, isThere]) => !isThere).map(([name]) => name)
  if (missing.length === 0) return [ok('kernel', `Linux ${os.release()}`)]
  const isBroken = missing.some((name) => needs[name]?.isNeeded)
  const advice = missing.map((name) => needs[name]?.without).join(' ')
  return [(isBroken ? failed : degraded)('kernel', `Linux ${os.release()}, without ${missing.join(', ')}`, advice)]
}

const limitOf = (limits: string, name: string): number => {
  const soft = new RegExp(`^${name} +(\\S+)`, 'm').exec(limits)?.[1]
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft)
}

const limitsCheck = (): Check[] => {
  if (process.platform !== 'linux') return []
  const limits = fs.readFileSync('/proc/self/limits', 'utf8')
  const problems = [
    limitOf(limits, 'Max address space') < 2 ** 40 ? `Address space is limited to ${bytes(limitOf(limits, 'Max address space'))} (ulimit -v): runs are forked, not thawed.` : '',
    limitOf(limits, 'Max open files') < 256 ? `${limitOf(limits, 'Max open files')} open files are few (ulimit -n).` : '',
    limitOf(limits, 'Max processes') < 256 ? `${limitOf(limits, 'Max processes')} processes are few (ulimit -u): zygotes and runs may not be started.` : '',
  ].filter(Boolean)
  return [problems.length === 0 ? ok('limits', 'nothing of importance is limited') : degraded('limits', 'low', problems.join(' '))]
}

export const machineChecks = (): Check[] => [nodeCheck(), platformCheck(), libcCheck(), ...kernelCheck(), ...limitsCheck()]
