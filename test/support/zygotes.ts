// The zygotes of one runtime directory, seen from outside: /proc, manifests and sockets.
import fs from 'node:fs'
import path from 'node:path'
import { until } from './conditions.js'

export interface ManifestSeen {
  key: string
  entry: string
  state: 'warming' | 'parked' | 'given-up'
  reason?: string | undefined
  failures?: number | undefined
  pid?: number | undefined
  ended?: string | undefined
  base?: { packages: { url: string }[] } | undefined
}

export interface ProcessSeen {
  pid: number
  title: string
}

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    return '' // it ended meanwhile
  }
}

/** Every process that was started with this runtime directory: zygotes, runs and whatever runs started. */
export const processesOf = (runtime: string): ProcessSeen[] =>
  fs.readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(`XDG_RUNTIME_DIR=${runtime}`))
    .map((pid) => ({ pid: Number(pid), title: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }))

const parentOf = (pid: number): number => Number(/\) \w (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1])

const withoutTheirChildren = (processes: ProcessSeen[]): ProcessSeen[] =>
  processes.filter(({ pid }) => !processes.some((other) => other.pid === parentOf(pid)))

/** Without their children: runs, which have another title, and standbys, which get theirs after they are forked. */
export const zygotesOf = (runtime: string): ProcessSeen[] =>
  // Before Node has set the title, it is among the arguments.
  withoutTheirChildren(processesOf(runtime).filter(({ title }) => title.includes('instastart zygote ')))

/** Likewise without what they are forking: a base is another's parent only as long as that one has no title of its own. */
export const basesOf = (runtime: string): ProcessSeen[] =>
  withoutTheirChildren(processesOf(runtime).filter(({ title }) => title.startsWith('instastart base ')))

export const standbysOf = (runtime: string): ProcessSeen[] =>
  processesOf(runtime).filter(({ title }) => title.startsWith('instastart standby '))

/** As in ps(1): R, S, T, Z; '' for a process that is gone. */
export const stateOf = (pid: number): string => /\) (\w)/.exec(read(`/proc/${pid}/stat`))?.[1] ?? ''

/** What its open descriptors are; one that is closed meanwhile is none. */
export const descriptorsOf = (pid: number): string[] =>
  fs.readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [fs.readlinkSync(`/proc/${pid}/fd/${name}`)]
    } catch {
      return []
    }
  })

/** A zygote that weighs itself and its images (native/addon/budget.cc) has one descriptor more for as long as that takes. */
export const isWeighing = (pid: number): boolean => descriptorsOf(pid).some((target) => target.endsWith('/smaps_rollup'))

const folderOf = (runtime: string) => path.join(runtime, 'instastart')

const readManifest = (file: string): ManifestSeen => {
  const key = path.basename(file, '.json')
  try {
    const { entry, state, reason, failures, pid, ended, base } = JSON.parse(fs.readFileSync(file, 'utf8')) as ManifestSeen
    return { key, entry, state, reason, failures, pid, ended, base }
  } catch {
    return { key, entry: '', state: 'warming' } // being written
  }
}

export const manifestsOf = (runtime: string): ManifestSeen[] => {
  const folder = folderOf(runtime)
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => readManifest(path.join(folder, name))) : []
}

/** The sockets of zygotes that can be asked for a run. */
export const doorsOf = (runtime: string): string[] => {
  const folder = folderOf(runtime)
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => /^[0-9a-f]+$/.test(name)) : []
}

const historiesOf = (runtime: string): string[] => {
  const folder = folderOf(runtime)
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith('.runs')).map((name) => path.join(folder, name)) : []
}

/** Why each run so far was plain: what the programs' histories say. */
export const plainReasonsOf = (runtime: string): string[] =>
  historiesOf(runtime).flatMap((file) => read(file).trim().split('\n')).map((line) => (JSON.parse(line) as { reason: string }).reason)

export const forgetPlainRuns = (runtime: string): void => {
  for (const file of historiesOf(runtime)) fs.rmSync(file)
}

const describe = (runtime: string) =>
  JSON.stringify({ manifests: manifestsOf(runtime), doors: doorsOf(runtime), processes: processesOf(runtime), plain: plainReasonsOf(runtime) })

/** A zygote holds the lock from before it is executed (processesOf() misses one meanwhile: it has no environment yet) until it has ended. */
const isClaimed = (runtime: string, key: string): boolean => {
  const { ino } = fs.statSync(path.join(folderOf(runtime), `${key}.json`))
  return read('/proc/locks').split('\n').some((lock) => lock.includes('FLOCK') && lock.includes(`:${ino} `))
}

/**
 * Nothing is on its way any more: every zygote that was started is parked, or gave up, or died ('warming' for ever). To be called after the
 * run that starts it has ended.
 */
export const untilSettled = async (runtime: string): Promise<ManifestSeen[]> => {
  const settled = () => {
    const zygotes = zygotesOf(runtime)
    const manifests = manifestsOf(runtime)
    const doors = doorsOf(runtime)
    const isParked = ({ pid: zygote }: ProcessSeen) =>
      manifests.some(({ state, pid, key }) => state === 'parked' && pid === zygote && doors.includes(key))
    return manifests.length > 0 && zygotes.every(isParked) && manifests.every(({ state, key }) => state !== 'warming' || !isClaimed(runtime, key))
  }
  await until('settled zygotes', settled).catch((error: Error) => {
    throw new Error(`${error.message}: ${describe(runtime)}`)
  })
  return manifestsOf(runtime)
}

/** As many zygotes as expected can be asked for a run, and no other is on its way. */
export const untilParked = async (runtime: string, count = 1): Promise<void> => {
  const manifests = await untilSettled(runtime)
  const parked = manifests.filter(({ state, key }) => state === 'parked' && doorsOf(runtime).includes(key))
  if (parked.length !== count) throw new Error(`${parked.length} parked instead of ${count}: ${describe(runtime)}`)
}

const statesOfThreads = (pid: number): string[] => {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).map((task) => /\) (\w)/.exec(read(`/proc/${pid}/task/${task}/stat`))?.[1] ?? '')
  } catch {
    return [] // it is gone
  }
}

/** Of all threads: while one is still on its way out, descriptors are open, though the process is a zombie already. */
const isAlive = (pid: number): boolean => statesOfThreads(pid).some((state) => !['', 'Z', 'X'].includes(state))

/** Their sockets are closed by then, too, which is later than that their memory (environment, title) is gone. */
export const untilGone = (pids: readonly number[], timeoutMs = 5000) =>
  until('ended processes', () => pids.every((pid) => !isAlive(pid)), timeoutMs)

/** Ends every zygote as `kill` does, and asserts that nothing of this runtime directory is left. */
export const stopAndAssertNothingLeft = async (runtime: string): Promise<void> => {
  const zygotes = zygotesOf(runtime).map(({ pid }) => pid)
  for (const pid of zygotes) if (isAlive(pid)) process.kill(pid, 'SIGTERM')
  let problem = ''
  await untilGone(zygotes, 5000).catch(() => {
    problem = `zygotes did not end by SIGTERM; `
  })
  // A process that was on its way out gets the time to go.
  await until('no processes', () => processesOf(runtime).length === 0, 2000).catch(() => {
    problem += `processes left: ${JSON.stringify(processesOf(runtime))}; `
  })
  for (const { pid } of processesOf(runtime)) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  const folder = folderOf(runtime)
  const isFolder = fs.existsSync(folder) && fs.statSync(folder).isDirectory()
  const files = isFolder ? fs.readdirSync(folder).filter((name) => !/\.(json|asked|seen|runs|log)$|^slot-\d$/.test(name)) : []
  if (files.length > 0) problem += `files left: ${files.join(' ')}`
  if (problem) throw new Error(problem)
}

export const killAll = (processes: readonly ProcessSeen[], signal: NodeJS.Signals = 'SIGKILL'): void => {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      // It has ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
