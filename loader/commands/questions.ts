// What a program's modules ask before the gate, by name; native/wire/variant.h has the file's form.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Questions {
  /** Looked for among the arguments. */
  arguments: string[]
  /** All of them count. */
  allArguments: boolean
  variables: string[]
  /** The names of all of them count. */
  variableNames: boolean
  allVariables: boolean
  /** In words: the working directory, what the standard streams are. */
  surroundings: string[]
}

const words: Record<string, string> = {
  '.': 'the working directory',
  '/': 'the path of the entry',
  '<0': 'what stdin is',
  '<1': 'what stdout is',
  '<2': 'what stderr is',
  '@0': 'the size of the terminal on stdin',
  '@1': 'the size of the terminal on stdout',
  '@2': 'the size of the terminal on stderr',
}

/** Of all zygotes of a program, from the file of its questions. */
export const readQuestions = (file: string): string[] => {
  try {
    return fs.readFileSync(file, 'utf8').split('\0').slice(0, -1)
  } catch {
    return [] // Nothing was asked yet.
  }
}

export const questionsOf = (texts: readonly string[]): Questions => {
  const named = (kind: string) => [...new Set(texts.filter((text) => text.startsWith(kind)).map((text) => text.slice(1)))]
  return {
    arguments: named('='),
    allArguments: texts.includes('*'),
    variables: named('$').sort(),
    variableNames: texts.includes('#'),
    allVariables: texts.includes('&'),
    surroundings: Object.entries(words).filter(([text]) => texts.includes(text)).map(([, word]) => word),
  }
}

export interface Asker {
  /** The script: its path. */
  file: string
  questions: Questions
}

/** `askedBy`: of a manifest; `texts`: what counts, which is not every variable that somebody saw as he went through all. */
export const askersOf = (askedBy: Record<string, string[]>, texts: readonly string[]): Asker[] =>
  Object.entries(askedBy).flatMap(([script, asked]) => {
    const counting = asked.filter((text) => !text.startsWith('$') || texts.includes(text) || texts.includes('&'))
    return counting.length === 0 ? [] : [{ file: script.startsWith('file:') ? fileURLToPath(script) : script, questions: questionsOf(counting) }]
  })

/** What Node and its libraries read in every program. */
const isNodes = (name: string): boolean => /^(NODE_|LD_|UV_|ICU_|OPENSSL_|SIMD|INSTASTART_|XDG_|LC_|WATCH_REPORT_|LANG$|HOME$)/.test(name)

/** As many as anybody reads. */
const MOST_NAMES = 20

const variablesText = (names: string[]): string => {
  const interesting = names.filter((name) => !isNodes(name))
  const more = names.length - Math.min(interesting.length, MOST_NAMES)
  return interesting.length === 0 ? '' : `variables ${interesting.slice(0, MOST_NAMES).join(' ')}${more > 0 ? ` (and ${more} more, Node's own among them)` : ''}`
}

/** In words; '' if there are none. */
export const questionsText = (questions: Questions): string => [
  questions.allArguments ? 'all arguments' : questions.arguments.length > 0 ? `arguments ${questions.arguments.join(' ')}` : '',
  questions.allVariables ? 'all variables' : [
    questions.variableNames ? 'the names of all variables' : '', variablesText(questions.variables),
  ].filter(Boolean).join(', '),
  questions.surroundings.join(', '),
].filter(Boolean).join('; ')
