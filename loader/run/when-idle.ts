// Nothing in flight: what Node otherwise ends a process at.

/**
 * Waits until the event loop has nothing left to wait for, and calls `then` at that very moment. It is not the program's end, so its own
 * listeners for 'beforeExit' do not hear of it, but of the end when it comes.
 */
export const whenIdle = (then = () => {}): Promise<void> => new Promise((resolve) => {
  const others = process.rawListeners('beforeExit') as NodeJS.BeforeExitListener[]
  process.removeAllListeners('beforeExit')
  process.once('beforeExit', () => {
    const added = process.rawListeners('beforeExit') as NodeJS.BeforeExitListener[]
    process.removeAllListeners('beforeExit')
    for (const listener of [...others, ...added]) process.on('beforeExit', listener)
    then()
    resolve()
    // Node asks once more only if there was something to wait for.
    setImmediate(() => {})
  })
})
