// The channel to a parent (child_process.fork) of a program that is started with one: Node sets it up as it starts, a zygote's in the same way.
import childProcess from 'node:child_process'
import type { Channel, Native } from '../native.js'

/** What Node calls as it starts (lib/internal/process/pre_execution.js): makes process.send(), process.channel and their like. */
const { _forkChild: setUp } = childProcess as unknown as { _forkChild?: (fd: number, serialization: string) => void }

/** False if there can be none here. */
export const openChannel = (native: Native, { fd, serialization }: Channel): boolean => {
  if (!setUp || !native.openChannel(fd)) return false
  setUp(fd, serialization)
  return true
}
