/**
 * What a step returns or, if it fails, what another one does. The error is not caught where there is no second chance: Node prints the
 * place where an uncaught error was last thrown, and for JavaScript that should be its own, as ever.
 */
export const withSecondChance = <Result>(step: () => Result, secondChance: () => Result | undefined): Result => {
  let hasFailed = true
  try {
    const result = step()
    hasFailed = false
    return result
  } finally {
    const second = hasFailed ? secondChance() : undefined
    // This drops the error, which no catch has touched.
    if (second !== undefined) return second
  }
}
