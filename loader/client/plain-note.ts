// What the client leaves for the Node that it executes: why the run is plain.

/**
 * Takes the note out of the environment. The reason, or undefined without a note of this process's (exec keeps the pid; a note
 * inherited from a parent bears the parent's).
 */
export const takePlainNote = (): string | undefined => {
  const note = process.env.INSTASTART_PLAIN
  if (note === undefined) return undefined
  delete process.env.INSTASTART_PLAIN
  const [, pid, reason] = /^(\d+):(.*)$/s.exec(note) ?? []
  return Number(pid) === process.pid ? reason : undefined
}
