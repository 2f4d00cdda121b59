// The table of reasons holds every one that the sources say.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { explain, reasons } from '../../loader/commands/reasons.js'

const root = path.resolve(import.meta.dirname, '../..')

/** Where reasons come from, and how they are said there; each pattern must find some. */
const sayings: [file: string, saying: RegExp][] = [
  ['loader/client/eligibility.ts', /return ['`]([\w=-]+)/g],
  ['loader/native.ts', /['`](no-addon)\b/g],
  ['loader/client/start.ts', /return `([\w-]+)/g],
  ['loader/client/start.ts', /\? '([\w-]+)' : undefined/g],
  ['loader/zygote/parking.ts', /\? '([\w-]+)' : ''/g],
  ['native/addon/heard_files.cc', /return "([\w-]+)/g],
  ['native/addon/heard_files.cc', /"([\w-]+): " \+/g],
  ['native/addon/zygote.cc', /leaveFor\("([\w-]+): /g],
  ['loader/client/prepare-zygote.ts', /return `([\w-]+)|savesLittle = '([\w-]+)'|=== '(passing-sandbox)'/g],
  ['loader/commands/obstacles.ts', /(?:return|\?|:|&&) ['`]([\w-]+)/g],
  ['loader/commands/program-state.ts', /reason: '([\w-]+)'/g],
  ['loader/commands/program-state.ts', /\?\? '([\w-]+)'/g],
  ...['begin', 'commonjs-gate', 'esm-gate', 'explicit-gate', 'parking'].map((name): [string, RegExp] => [`loader/zygote/${name}.ts`, /giveUp\([^'`\n]*['`]([\w-]+)/g]),
  ['loader/zygote/parking.ts', /`([\w-]+): \$\{/g],
  ['loader/zygote/acts.ts', /'to [\w. ]+': '([\w-]+)/g],
  ['loader/zygote/base.ts', /giveUp\(['`]([\w-]+)/g],
  ['loader/zygote/split.ts', /obstacle: ['`]([\w-]+)/g],
  ['loader/zygote/thread-count.ts', /`([\w-]+): \$\{added/g],
  ['native/addon/binding.cc', /New\(info\.Env\(\), "([a-z]+-[\w-]+)"\)/g],
  ['native/addon/client.cc', /return "([\w-]+)"/g],
  ['native/addon/server.cc', /refuse\(conversation, "([\w-]+)/g],
  ['native/addon/server.cc', /close\("([\w-]+)/g],
  ['native/addon/zygote.cc', /return "([\w-]+)/g],
  ['native/addon/footing.cc', /return "([\w-]+)/g],
  ['native/addon/starter.cc', /"reason":"([\w-]+)"/g],
  ['native/addon/zygote_image.cc', /obstacle_ = (?:std::string\()?"([\w-]+)|: "([\w-]+)";/g],
  ['native/addon/image.cc', /giveUp\("([\w-]+)/g],
  ['native/client/main.c', /return "([\w=-]+)"|refused = "([\w-]+)"|REASON_MAX, "([\w-]+)"/g],
  ['native/client/thaw.c', /REASON_MAX, "([\w-]+)/g],
  ['native/wire/ask.c', /\bsay\(reason, "([\w-]+)"/g],
  ['native/wire/ask.c', /\? "([\w-]+)" :/g],
  ['native/wire/ask.c', / : "([\w-]+)",/g],
]

const said = ([file, saying]: [string, RegExp]): string[] =>
  [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(saying)].flatMap(([, ...groups]) => groups.filter((group): group is string => group !== undefined))

describe('the table of reasons', () => {
  test.each(sayings)('has those of %s (%s)', (...saying) => {
    const found = said(saying)
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter((reason) => !Object.hasOwn(reasons, reason))).toEqual([])
  })

  test('has no others', () => {
    const all = new Set(sayings.flatMap(said))
    expect(Object.keys(reasons).filter((reason) => !all.has(reason))).toEqual([])
  })

  test('says in whole sentences what each means and what helps', () => {
    for (const [reason, { means, helps }] of Object.entries(reasons)) {
      expect(means, reason).toMatch(/^["A-Z].*[.)]$/s)
      expect(helps, reason).toMatch(/^["A-Z`].*[.)]$/s)
    }
  })

  test('finds them by the word before the details', () => {
    expect(explain('question: env: HOME')).toBe(reasons.question)
    expect(explain('of another build: x')).toMatchObject({ means: 'of another build: x' })
  })
})
