// dist/register.js gets its own modules from V8's code cache: whatever state that is in, programs do not notice.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from './support/nodes.js'
import { distribution } from './support/sandbox.js'

describe.each(nodes)('on Node $version', (node) => {
  let home: string
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-test-'))
    fs.writeFileSync(path.join(home, 'app.ts'), 'const text: string = "ran"\nconsole.log(text)\n')
  })
  afterEach(() => fs.rmSync(home, { recursive: true }))

  const folder = () => path.join(home, '.cache/instastart')
  const caches = () => fs.readdirSync(folder()).filter((name) => name.startsWith('code-')).map((name) => path.join(folder(), name))
  const start = (flags: string[] = []) => {
    const { stdout, stderr, status } = spawnSync(node.execPath, [...flags, '--import', path.join(distribution, 'register.js'), 'app.ts'], {
      cwd: home, env: { HOME: home, XDG_RUNTIME_DIR: fs.mkdtempSync(path.join(home, 'runtime-')), INSTASTART_MIN_SAVING: '100000' }, encoding: 'utf8',
    })
    expect({ stdout, stderr, status }).toEqual({ stdout: 'ran\n', stderr: '', status: 0 })
  }
  const cache = (): string => {
    expect(caches()).toHaveLength(1)
    return caches()[0] ?? ''
  }
  const identity = () => fs.statSync(cache()).ino

  test('the first start makes it, readable by nobody else; later ones use it', () => {
    start()
    expect(fs.statSync(cache()).mode & 0o777).toBe(0o600)
    const before = identity()
    start()
    expect(identity()).toBe(before)
  })

  const flip = (at: (length: number) => number) => (file: string) => {
    const bytes = fs.readFileSync(file)
    const place = at(bytes.length)
    bytes[place] = (bytes[place] ?? 0) ^ 0xff
    fs.writeFileSync(file, bytes)
  }

  test.each<[string, (file: string) => void]>([
    ['is cut off', (file) => fs.truncateSync(file, 1000)],
    ['is cut off in the middle', (file) => fs.truncateSync(file, fs.statSync(file).size / 2)],
    ['is empty', (file) => fs.truncateSync(file)],
    ['has another byte at its beginning', flip(() => 20)],
    ['has another byte within', flip((length) => Math.floor(length / 3))],
    ['has another byte at its end', flip((length) => length - 1)],
  ])('one that %s is made again', (_what, damage) => {
    start()
    damage(cache())
    const before = identity()
    start()
    expect(identity()).not.toBe(before)
    start()
  })

  test('one that others could have written to is not run', () => {
    start()
    // V8 would die of it.
    const bytes = fs.readFileSync(cache()).subarray(0, -1).fill(0x5a, 200)
    fs.writeFileSync(cache(), Buffer.concat([bytes, bytes]))
    fs.chmodSync(cache(), 0o622)
    start()
  })

  test('one that was made with other options of V8 is not used', () => {
    start(['--no-opt'])
    start()
  })

  test.runIf(process.getuid?.() !== 0)('where none can be written, there is none (not as root, whom nothing is forbidden)', () => {
    fs.mkdirSync(folder(), { recursive: true })
    fs.chmodSync(folder(), 0o500)
    start()
    expect(caches()).toEqual([])
    fs.chmodSync(folder(), 0o700)
  })

  test('a file in the place of its folder is no harm', () => {
    fs.writeFileSync(path.join(home, '.cache'), '')
    start()
    start()
  })
})
