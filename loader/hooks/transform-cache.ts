// Transformed sources on disk: `<cache>/instastart/transform/<two digits>/<the other 30>`, each file a checksum of its name and the
// text, a line end and the text. Nothing here is ever an error: where it cannot be read or written, there is no cache.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { contentHash } from './content-hash.js'

/** 256 shards of at most this many files; a shard that exceeds it loses its older half. */
const shardLimit = 128

const homeCache = (): string | undefined => {
  const named = process.env.XDG_CACHE_HOME
  if (named && path.isAbsolute(named)) return path.join(named, 'instastart')
  try {
    return path.join(os.homedir(), '.cache', 'instastart')
  } catch {
    return undefined // No HOME, and no such user in the system's list.
  }
}

/** Code is read from there and run: it must be ours alone, which in a shared temporary directory somebody else could prevent. */
const isOursAlone = (directory: string): boolean => {
  const { uid, mode } = fs.lstatSync(directory)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}

const prepareDirectory = (cache: string): string | undefined => {
  const directory = path.join(cache, 'transform')
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    return isOursAlone(cache) && isOursAlone(directory) ? directory : undefined
  } catch {
    return undefined // A read-only or missing home, or a file in the way: the next place, or none.
  }
}

let root: string | null | undefined

/** The folder; null: there is none to be had. */
export const cacheRoot = (): string | null => {
  if (root !== undefined) return root
  const home = homeCache()
  const temporary = path.join(os.tmpdir(), `instastart-cache-${process.getuid?.() ?? 'user'}`)
  root = (home !== undefined && prepareDirectory(home)) || prepareDirectory(temporary) || null
  return root
}

const fileFor = (key: string): string | null => {
  const directory = cacheRoot()
  return directory === null ? null : path.join(directory, key.slice(0, 2), key.slice(2))
}

/** Of the name, too: an entry that stands under another's name is no entry. */
const checksum = (key: string, text: string): string => contentHash(`${key}\n${text}`)

/** @param key 32 hex digits */
export const readCache = (key: string): string | undefined => {
  const file = fileFor(key)
  if (file === null) return undefined
  let entry
  try {
    entry = fs.readFileSync(file, 'utf8')
  } catch {
    return undefined // Not there: the usual miss.
  }
  const text = entry.slice(33)
  return entry[32] === '\n' && entry.slice(0, 32) === checksum(key, text) ? text : undefined
}

const boundShard = (shard: string): void => {
  const names = fs.readdirSync(shard)
  if (names.length <= shardLimit) return
  const byAge = names
    .map((name) => ({ file: path.join(shard, name), time: fs.statSync(path.join(shard, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time)
  for (const { file } of byAge.slice(shardLimit / 2)) fs.rmSync(file, { force: true })
}

let written = 0

export const writeCache = (key: string, text: string): void => {
  const file = fileFor(key)
  if (file === null) return
  const shard = path.dirname(file)
  // Not in the shard: its files are counted, and a temporary one must not push out another.
  const temporary = `${path.dirname(shard)}/.${process.pid}.${process.hrtime.bigint()}.${written++}`
  try {
    fs.mkdirSync(shard, { recursive: true, mode: 0o700 })
    fs.writeFileSync(temporary, `${checksum(key, text)}\n${text}`, { mode: 0o600, flag: 'wx' })
    fs.renameSync(temporary, file)
    boundShard(shard)
  } catch {
    fs.rmSync(temporary, { force: true }) // Disk full, or read-only: the text is compiled again next time.
  }
}
