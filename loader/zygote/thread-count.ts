// Threads that modules start (native packages, Workers) would be missing in a run, and whoever waits for them would hang.
import fs from 'node:fs'

/** libuv's pool, which renews itself after a fork. Its threads have a name of their own since libuv 1.50 (Node 22). */
const poolSize = () => Number(process.env.UV_THREADPOOL_SIZE) || 4

const isNamedPoolThread = (name: string): boolean => name.startsWith('libuv-worker')

/** One that has been joined may still be on the list for a moment, and then have no name any more. */
const nameOf = (task: string): string[] => {
  try {
    return [fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8')]
  } catch {
    return [] // It has ended meanwhile.
  }
}

const threadNames = (): string[] => fs.readdirSync('/proc/self/task').flatMap(nameOf)

/** A thread bears the name of the one that started it until it has given itself another, which takes its turn on a processor. */
const namingMs = 100

const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)

export class ThreadCount {
  readonly #before = threadNames()

  /** '' if there are none but those that were there as this object was made. */
  obstacle(): string {
    const deadline = performance.now() + namingMs
    let added = this.#added()
    while (added > 0 && performance.now() < deadline) {
      pause()
      added = this.#added()
    }
    return added > 0 ? `thread: ${added} started` : ''
  }

  #added(): number {
    // Ours (native/platform) are stopped before the fork.
    const own = (names: string[]) => names.filter((name) => !isNamedPoolThread(name) && !name.startsWith('instastart')).length
    const now = threadNames()
    const added = own(now) - own(this.#before)
    // Where they have no names, exactly a whole pool more is taken for the pool.
    return added === poolSize() && !now.some(isNamedPoolThread) ? 0 : added
  }
}
