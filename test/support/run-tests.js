// `npm test [-- filter ... -t name]`: builds if need be, runs vitest, and prints `N passed, N failed` as the last line.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'

const root = path.resolve(import.meta.dirname, '../..')

/** Programs with descriptors of their caller's are another case; those of whoever started the tests are not to be in all of them. */
const closeInherited = () => {
  for (const fd of fs.readdirSync('/proc/self/fd').map(Number).filter((number) => number > 2)) {
    try {
      const [, flags = ''] = /^flags:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
      const isOwn = (parseInt(flags, 8) & 0o2000000) !== 0 // O_CLOEXEC: Node's, or marked by it (uv_disable_stdio_inheritance)
      if (!isOwn) fs.closeSync(fd)
    } catch {
      // That of the list itself, which is closed by now.
    }
  }
}
closeInherited()

const isBuilt = fs.existsSync(path.join(root, 'dist/register.js'))
if (!isBuilt && spawnSync(process.execPath, ['native/build.js'], { cwd: root, stdio: 'inherit' }).status !== 0) process.exit(1)

/** @param {{ children: { allTests: () => Iterable<{ result: () => { state: string } }> }, errors: () => unknown[] }[]} modules */
const count = (modules) => {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // One that never came to its end: the process that ran it died.
      const result = state === 'pending' ? 'failed' : state
      counts[result]++
      if (result === 'failed') failedHere++
    }
    // A file that cannot be loaded, or whose afterAll fails, has no failed test of its own.
    if (module.state() === 'failed' && failedHere === 0) counts.failed++
  }
  return counts
}

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const vitest = await startVitest('test', filter, { ...options, config: path.join(root, 'test/vitest.config.ts'), watch: false })
const { passed, failed, skipped } = count(vitest.state.getTestModules())
const unhandled = vitest.state.getUnhandledErrors().length
await vitest.close()
const total = failed + unhandled
const isNothing = passed + total === 0
console.log(`${passed} passed, ${isNothing ? 1 : total} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = total > 0 || isNothing ? 1 : 0
// Not before the line is out: a pipe is written to asynchronously.
process.stdout.write('', () => process.exit())
