const commentOrString = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
const trailingCommaOrString = /"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g

/** Spaces of the same length, so that every position in the text stays what it was. */
const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

const keepStrings = (match: string): string => (match.startsWith('"') ? match : blank(match))

/**
 * Where JSON with comments and trailing commas is broken, or undefined when it is not: `2:14: Expected ...`.
 * get-tsconfig's own parser reads on after an error and returns what it got, which would silently lose options.
 */
export const findJsoncError = (text: string): string | undefined => {
  const json = text.replace(/^\uFEFF/, ' ').replace(commentOrString, keepStrings).replace(trailingCommaOrString, keepStrings)
  if (json.trim() === '') return undefined // TypeScript takes an empty file for {}.
  try {
    JSON.parse(json)
    return undefined
  } catch (error) {
    const { message } = error as Error
    const position = /at position (\d+)/.exec(message)?.[1]
    const before = json.slice(0, position === undefined ? json.length : Number(position)).split('\n')
    return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${message.replace(/ in JSON at position.*$/s, '')}`
  }
}
