// `instastart clean`: removes what ended zygotes and other versions have left. What a zygote holds that is there, or on its way, is not touched.
import fs from 'node:fs'
import path from 'node:path'
import { PROGRAM_LENGTH } from '../client/variants.js'
import { cacheRoot } from '../hooks/transform-cache.js'
import type { Native } from '../native.js'
import { bytes, counted } from './amounts.js'
import { nativeOrFail, type Command } from './command.js'

interface Removed {
  what: string
  files: number
  bytes: number
}

const sizeOf = (file: string): number => fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0

const remove = (file: string, isRehearsal: boolean): number => {
  const size = sizeOf(file)
  if (!isRehearsal) fs.rmSync(file, { force: true })
  return size
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Files of keys that no zygote holds, by the very lock that it would hold. */
const cleanKeys = (native: Native, folder: string, isRehearsal: boolean): Removed => {
  const removed = { what: 'zygotes that have ended', files: 0, bytes: 0 }
  const names = fs.readdirSync(folder).filter((name) => /^[0-9a-f]{32}(\.(json|warming|log))?$/.test(name))
  for (const key of new Set(names.map((name) => name.slice(0, 2 * PROGRAM_LENGTH)))) {
    // One whose manifest somebody removed has no lock any more.
    if (native.isClaimed(key) || native.converse(key, 'status') !== undefined) continue
    const files = names.filter((name) => name.startsWith(key))
    const size = files.reduce((total, name) => total + sizeOf(path.join(folder, name)), 0)
    if (!isRehearsal && native.removeLeftovers(key) === undefined) continue
    removed.files += files.length
    removed.bytes += size
  }
  return removed
}

/** What is known of programs none of whose zygotes is there. */
const cleanPrograms = (native: Native, folder: string, isRehearsal: boolean): Removed => {
  const names = fs.readdirSync(folder)
  const claimed = names.filter((name) => name.endsWith('.json') && native.isClaimed(path.basename(name, '.json')))
  const held = new Set(claimed.map((name) => name.slice(0, PROGRAM_LENGTH)))
  const files = names.filter((name) => /^[0-9a-f]{16}\.(asked|seen|runs)$/.test(name) && !held.has(name.slice(0, PROGRAM_LENGTH)))
  const sockets = names.filter((name) => /^bind-\d+$/.test(name) && !isAlive(Number(name.slice('bind-'.length))))
  const all = [...files, ...sockets]
  const size = all.reduce((total, name) => total + remove(path.join(folder, name), isRehearsal), 0)
  return { what: 'questions and histories of programs', files: all.length, bytes: size }
}

const filesBelow = (folder: string): string[] =>
  fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)).filter((file) => fs.statSync(file).isFile())

/** Made again when they are needed. */
const cleanCaches = (isRehearsal: boolean): Removed => {
  const root = cacheRoot()
  const parent = root === null ? undefined : path.dirname(root)
  const names = parent === undefined ? [] : fs.readdirSync(parent)
  const codes = names.filter((name) => name.startsWith('code-')).map((name) => path.join(parent ?? '', name))
  const files = [...root === null ? [] : filesBelow(root), ...codes]
  const size = files.reduce((total, file) => total + remove(file, isRehearsal), 0)
  if (root !== null && !isRehearsal) fs.rmSync(root, { recursive: true, force: true })
  return { what: 'caches of compiled sources', files: files.length, bytes: size }
}

export const clean: Command = {
  summary: 'removes what is left of zygotes that have ended, and caches',
  usage: '[--json] [--dry-run]',
  help: { '--dry-run': 'only says what would be removed' },
  options: { 'dry-run': { type: 'boolean' } },
  run({ values }) {
    const native = nativeOrFail()
    const isRehearsal = values['dry-run'] === true
    const folder = native.runtimeDirectory()
    const ofZygotes = folder === undefined ? [] : [cleanKeys(native, folder, isRehearsal), cleanPrograms(native, folder, isRehearsal)]
    const removed = [...ofZygotes, cleanCaches(isRehearsal)]
    const total = removed.reduce((sum, each) => sum + each.bytes, 0)
    if (values.json) process.stdout.write(`${JSON.stringify({ isDryRun: isRehearsal, removed, bytes: total }, undefined, 2)}\n`)
    else {
      for (const each of removed) process.stdout.write(`${each.what}: ${counted(each.files, 'file')}, ${bytes(each.bytes)}\n`)
      process.stdout.write(`${bytes(total)} ${isRehearsal ? 'would be removed' : 'removed'}\n`)
    }
    return 0
  },
}
