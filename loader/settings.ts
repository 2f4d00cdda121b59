// What a package says about instastart, in its package.json: `"instastart": { "gateBefore": [...], "exclude": [...], "idle": 600, "base": false,
// "laterGate": false }`.
import fs from 'node:fs'
import path from 'node:path'
import { InstastartError } from './errors.js'

export interface Settings {
  /** Modules before whose evaluation the gate is, if it is reached: they are evaluated in every run. */
  gateBefore: ModulePattern[]
  /** Programs that are never kept warm: those whose entry, or a module before the gate, is one of these. */
  exclude: ModulePattern[]
  /** Seconds without a run after which a zygote leaves. */
  idle: number | undefined
  /** Whether packages may be evaluated before the program's own modules, so that those can be evaluated anew after an edit. */
  base: boolean
  /** Whether a CommonJS program may go on in its zygote past its imports, up to its first act. */
  laterGate: boolean
}

/** A module as settings name it, and whether a file (absolute, no links) belongs to it. */
export interface ModulePattern {
  name: string
  covers: (file: string) => boolean
}

/** `./file.js` or `./folder` is relative to the package.json; any other name is a package's. */
const patternOf = (name: string, folder: string): ModulePattern => {
  if (!/^\.{0,2}\//.test(name)) return { name, covers: (file) => file.includes(`/node_modules/${name}/`) }
  const target = path.resolve(folder, name)
  return { name, covers: (file) => file === target || file.startsWith(`${target}/`) }
}

const broken = (file: string, problem: string): InstastartError =>
  new InstastartError('INSTASTART_SETTINGS', `${file}: "instastart": ${problem}\nCorrect it, or run with INSTASTART=0 meanwhile.`)

const areNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')

interface Rule {
  isValid: (value: unknown) => boolean
  must: string
}

const names: Rule = { isValid: areNames, must: 'be a list of packages ("sharp") and paths ("./src/db.ts")' }

const isTruth: Rule = { isValid: (value) => typeof value === 'boolean', must: 'be true or false' }

const rules: Record<string, Rule> = {
  gateBefore: names,
  exclude: names,
  idle: { isValid: (value) => typeof value === 'number' && value > 0, must: 'be a number of seconds above 0' },
  base: isTruth,
  laterGate: isTruth,
}

const validate = (file: string, value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(file, 'must be an object.')
  for (const [name, setting] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!rule) throw broken(file, `"${name}" is no setting; there are ${Object.keys(rules).join(', ')}.`)
    if (!rule.isValid(setting)) throw broken(file, `"${name}" must ${rule.must}.`)
  }
  return value as Record<string, unknown>
}

const read = (file: string): string | undefined => {
  // Errors cost more than all the rest, and there is none in most folders.
  if (!fs.existsSync(file)) return undefined
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined // One that cannot be read is none, as for Node.
  }
}

const readNearest = (folder: string): { file: string; text: string } | undefined => {
  const file = path.join(folder, 'package.json')
  const text = read(file)
  if (text !== undefined) return { file, text }
  const parent = path.dirname(folder)
  return parent === folder ? undefined : readNearest(parent)
}

const instastartIn = (text: string): unknown => {
  try {
    return (JSON.parse(text) as { instastart?: unknown }).instastart
  } catch {
    return undefined // Node reports a broken package.json itself, where it needs it.
  }
}

/**
 * The settings in the package.json nearest to the entry (absolute, no links).
 * @throws {InstastartError} INSTASTART_SETTINGS, which names the file and the setting
 */
export const settingsFor = (entry: string): Settings => {
  const folder = path.dirname(entry)
  const nearest = readNearest(folder)
  const value = nearest && instastartIn(nearest.text)
  const settings = nearest && value !== undefined ? validate(nearest.file, value) : {}
  const { gateBefore = [], exclude = [], idle, base = true, laterGate = true } = settings
  const patterns = (names: unknown) => (names as string[]).map((name) => patternOf(name, path.dirname(nearest?.file ?? entry)))
  return {
    gateBefore: patterns(gateBefore),
    exclude: patterns(exclude),
    idle: idle as number | undefined,
    base: base as boolean,
    laterGate: laterGate as boolean,
  }
}

/** A forked run costs a few milliseconds of its own: below this nobody would feel the difference. */
export const leastSavingMs = (setting = process.env.INSTASTART_MIN_SAVING): number => (setting && Number(setting) >= 0 ? Number(setting) : 30)
