// Where a program is proved: a copy of the working directory, in which it may do what it likes. What a run has changed there is found after it,
// and undone.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { InstastartError } from '../errors.js'

/** More is not copied: it takes longer than anybody would wait. */
const MOST_BYTES = 256 * 2 ** 20
const MOST_FILES = 20_000

/** Not copied, but linked to. */
const linked = ['node_modules', '.git']

/** What Node and esbuild look for above a program. */
const isLookedFor = (name: string): boolean => name === 'node_modules' || name === 'package.json' || /^tsconfig.*\.json$/.test(name)

const everythingBelow = (folder: string, prefix = ''): string[] =>
  fs.readdirSync(path.join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(prefix, entry.name)
    return entry.isDirectory() && !linked.includes(entry.name) ? [name, ...everythingBelow(folder, name)] : [name]
  })

/** What somebody whom the program has left behind is removing just now. */
const absent = 'absent'

const identityOf = (file: string): string => {
  const stat = fs.lstatSync(file, { bigint: true, throwIfNoEntry: false })
  if (!stat) return absent
  // Of a folder, only that it is one: what is in it is looked at itself.
  return stat.isDirectory() ? 'folder' : [stat.ino, stat.size, stat.mode, stat.mtimeNs, stat.ctimeNs].join(' ')
}

const contentsOf = (file: string): string => {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false })
  if (!stat) return absent
  if (stat.isSymbolicLink()) return `link to ${fs.readlinkSync(file)}`
  if (!stat.isFile()) return stat.isDirectory() ? 'folder' : 'special file'
  return `${(stat.mode & 0o7777).toString(8)} ${stat.size} ${createHash('sha256').update(fs.readFileSync(file)).digest('hex')}`
}

const isBelow = (file: string, folder: string): boolean => file.startsWith(folder + path.sep)

export class Place {
  /** The copy; with `inPlace` the directory itself. */
  readonly directory: string
  readonly #original: string
  readonly #root: string | undefined
  readonly #identities = new Map<string, string>()

  /** @throws {InstastartError} INSTASTART_TOO_LARGE, INSTASTART_NOT_COPIED */
  constructor(original: string, inPlace: boolean) {
    this.#original = original
    if (inPlace) {
      this.directory = original
      return
    }
    const root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'instastart-prove-'))
    this.#root = root
    this.directory = path.join(root, original)
    try {
      this.#copy()
      this.#linkWhatIsAbove(root)
      this.#note()
    } catch (error) {
      this.dispose()
      if (error instanceof InstastartError) throw error
      throw new InstastartError('INSTASTART_NOT_COPIED', `${original} could not be copied: ${(error as Error).message}. With --in-place the program runs here.`)
    }
  }

  /** Where a file is in the copy. */
  pathOf(file: string): string {
    return isBelow(file, this.#original) ? path.join(this.directory, path.relative(this.#original, file)) : file
  }

  /** What a run has done to the files here, by their names; nothing is left of it afterwards. */
  takeChanges(): Record<string, string> {
    if (this.#root === undefined) return {}
    const now = new Set(everythingBelow(this.directory))
    const changes: Record<string, string> = {}
    const fileOf = (name: string) => path.join(this.directory, name)
    for (const name of now) if (identityOf(fileOf(name)) !== this.#identities.get(name)) changes[name] = contentsOf(fileOf(name))
    for (const name of this.#identities.keys()) if (!now.has(name)) changes[name] = 'removed'
    for (const name of Object.keys(changes)) fs.rmSync(fileOf(name), { recursive: true, force: true })
    for (const name of this.#identities.keys()) if (!fs.lstatSync(fileOf(name), { throwIfNoEntry: false })) this.#bring(name)
    if (Object.keys(changes).length > 0) this.#note()
    return changes
  }

  dispose() {
    if (this.#root !== undefined) fs.rmSync(this.#root, { recursive: true, force: true })
  }

  #copy() {
    const names = everythingBelow(this.#original)
    const bytes = names.reduce((sum, name) => sum + fs.lstatSync(path.join(this.#original, name)).size, 0)
    if (names.length > MOST_FILES || bytes > MOST_BYTES) {
      throw new InstastartError('INSTASTART_TOO_LARGE', `${this.#original} is too large to be copied (${names.length} files). ` +
        'Go to a smaller directory, or use --in-place: then the program runs here, some hundred times.')
    }
    fs.mkdirSync(this.directory, { recursive: true })
    for (const name of names) this.#bring(name)
  }

  #linkWhatIsAbove(root: string) {
    for (let folder = path.dirname(this.#original); ; folder = path.dirname(folder)) {
      for (const name of fs.readdirSync(folder).filter(isLookedFor)) fs.symlinkSync(path.join(folder, name), path.join(root, folder, name))
      if (folder === path.dirname(folder)) return
    }
  }

  /** From the original. */
  #bring(name: string) {
    const [from, to] = [path.join(this.#original, name), path.join(this.directory, name)]
    const stat = fs.lstatSync(from)
    if (linked.includes(path.basename(name))) fs.symlinkSync(from, to)
    else if (stat.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(from), to)
    else if (stat.isDirectory()) fs.mkdirSync(to, { mode: stat.mode & 0o7777 })
    else if (stat.isFile()) fs.copyFileSync(from, to)
  }

  #note() {
    this.#identities.clear()
    for (const name of everythingBelow(this.directory)) this.#identities.set(name, identityOf(path.join(this.directory, name)))
  }
}
