let depth = 0

/** Whether it is us who load something just now: what we require is no part of the program, and must not bring us back here. */
export const isOwnWork = (): boolean => depth > 0

/** Runs a step of ours, which must not evaluate any module of the program. */
export const asOwnWork = <Result>(step: () => Result): Result => {
  depth++
  try {
    return step()
  } finally {
    depth--
  }
}
