// What every run writes to is copied ahead for those to come.
import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { Sandbox, debugLine, warmWays, type Way } from '../support/sandbox.js'
import { doorsOf } from '../support/zygotes.js'

/** Prints how many pages of the image are this process's own (Documentation/admin-guide/mm/pagemap.rst): at its first line, and as it ends. */
const program = `import fs from 'node:fs'
import { objects } from './objects.mjs'
const own = () => {
  const pagemap = fs.openSync('/proc/self/pagemap')
  let count = 0
  for (const line of fs.readFileSync('/proc/self/maps', 'latin1').split('\\n')) {
    const area = /^(\\w+)-(\\w+) rw.p .*memfd:instastart/.exec(line)
    if (!area) continue
    const [start, end] = [parseInt(area[1], 16), parseInt(area[2], 16)]
    const entries = Buffer.alloc((end - start) / 512)
    fs.readSync(pagemap, entries, 0, entries.length, start / 512)
    for (let i = 7; i < entries.length; i += 8) if ((entries[i] & 0xc0) && !(entries[i] & 0x20)) count++
  }
  fs.closeSync(pagemap)
  return count
}
const first = own()
if (process.argv[2]) for (const object of objects) object.i = -object.i
process.on('exit', () => console.log(first + ' ' + own()))
`

const objects = (count: number) => `export const objects = Array.from({ length: ${count} }, (_, i) => ({ i }))\n`

/** native/wire/protocol.h: magic, type (MESSAGE_WRITTEN), descriptors, length. */
const written = (...ranges: bigint[]): Buffer => {
  const message = Buffer.alloc(12 + 8 * ranges.length)
  message.writeUInt32LE(0x69734131, 0)
  message.writeUInt16LE(15, 4)
  message.writeUInt32LE(8 * ranges.length, 8)
  ranges.forEach((range, i) => message.writeBigUInt64LE(range, 12 + 8 * i))
  return message
}

/** Of a length that is no multiple of 8. */
const cut = (message: Buffer): Buffer => {
  message.writeUInt32LE(message.length - 12 - 3, 8)
  return message.subarray(0, -3)
}

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  beforeEach(() => {
    sandbox = new Sandbox(node, undefined, 'thaw')
    sandbox.write('app.mjs', program)
    sandbox.write('objects.mjs', objects(100_000))
  })
  afterEach(() => sandbox.dispose())

  const ownPages = async (way: Way, ...args: string[]) => {
    const outcome = await sandbox.run(way, ['app.mjs', ...args])
    expect(debugLine(outcome)).toMatch(/^warm run, thawed/)
    expect(outcome.stdout).toMatch(/^\d+ \d+\n$/)
    const [first = 0, last = 0] = outcome.stdout.split(' ').map(Number)
    return { first, last }
  }

  const ownPagesOf = async (count: number, way: Way, ...args: string[]) => {
    const before = await ownPages(way, ...args)
    let after = before
    for (let i = 1; i < count; i++) after = await ownPages(way, ...args)
    return { before, after }
  }

  test.each(warmWays)('%s: what two runs have written to is the others\' own at their first line', async (way) => {
    await sandbox.warmUp(way, ['app.mjs', 'write'])
    const { before, after } = await ownPagesOf(4, way, 'write')
    expect(before.first).toBeLessThan(0.5 * before.last)
    expect(after.first).toBeGreaterThan(0.95 * before.last)
  })

  test('what only one of them has written to is not', async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    const other = await ownPages('client', 'write')
    const { before, after } = await ownPagesOf(3, 'client')
    expect(other.last).toBeGreaterThan(1.5 * before.last)
    expect(after.first).toBeLessThan(0.8 * other.last)
  })

  test('16 MB and more are not', async () => {
    sandbox.write('objects.mjs', objects(500_000))
    await sandbox.warmUp('client', ['app.mjs', 'write'])
    const { before, after } = await ownPagesOf(4, 'client', 'write')
    expect(before.last).toBeGreaterThan(4096)
    expect(after.first).toBeLessThan(4096)
  })

  test('what a peer makes up harms nobody', async () => {
    await sandbox.warmUp('client', ['app.mjs', 'write'])
    const door = path.join(sandbox.runtime, 'instastart', doorsOf(sandbox.runtime)[0] ?? 'no door')
    const page = 4096n
    const far = (offset: bigint) => written(...Array.from({ length: 511 }, (_, i) => (8188n * BigInt(i) + offset) * page + 4095n))
    for (const message of [
      written(), written(page), written(page + 1n, page + 1n), written(2n * page + 1n, page + 1n), written((1n << 47n) + 1n), written(2n ** 64n - 1n),
      cut(written(page + 1n, 5n * page + 1n)),
      written(...Array.from({ length: 600 }, (_, i) => BigInt(2 * i + 1) * page + 1n)),
      // These can be. Nothing is there, and what both have in common lies too far apart.
      far(1n), far(4095n),
    ]) {
      const socket = net.connect(door).end(message)
      socket.resume()
      await once(socket, 'close')
    }
    const { before, after } = await ownPagesOf(3, 'client', 'write')
    expect(after.first).toBeLessThan(0.5 * before.last)
    expect(sandbox.zygotes()).toHaveLength(1)
  })
})
