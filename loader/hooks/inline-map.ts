const comment = '\n//# sourceMappingURL=data:application/json;base64,'

/** Where the comment with the source map begins, for it is the last line. */
const startOfMap = (code: string): number => code.lastIndexOf(comment)

/** The same code with another name for its only source in its inline source map. */
export const withMapSource = (code: string, name: string, newName: string): string => {
  if (name === newName) return code
  const start = startOfMap(code)
  if (start === -1) return code
  const map = Buffer.from(code.slice(start + comment.length), 'base64').toString().replace(JSON.stringify(name), () => JSON.stringify(newName))
  return `${code.slice(0, start)}${comment}${Buffer.from(map).toString('base64')}\n`
}

export const withoutMap = (code: string): string => {
  const start = startOfMap(code)
  return start === -1 ? code : code.slice(0, start + 1)
}
