// Threads that modules start (native packages, Workers) would be missing in a run, and whoever waits for them would hang.
import fs from 'node:fs'

/** libuv's pool, which renews itself after a fork. Its threads have a name of their own since libuv 1.50 (Node 22). */
const poolSize = () => Number(process.env.UV_THREADPOOL_SIZE) || 4

const isNamedPoolThread = (name: string): boolean => name.startsWith('libuv-worker')

const threadNames = (): string[] =>
  fs.readdirSync('/proc/self/task').map((task) => fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8'))

export class ThreadCount {
  readonly #before = threadNames()

  /** '' if there are none but those that were there as this object was made. */
  obstacle(): string {
    const own = (names: string[]) => names.filter((name) => !isNamedPoolThread(name)).length
    const now = threadNames()
    const added = own(now) - own(this.#before)
    // Without names, exactly a whole pool more is taken for the pool.
    const isPool = added === poolSize() && !now.some(isNamedPoolThread)
    return added > 0 && !isPool ? `thread: ${added} started` : ''
  }
}
