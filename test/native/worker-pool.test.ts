// native/platform's pool and jobs by themselves, with the headers of each ABI: worker_pool_test.cc has the tests.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isContract } from '../support/contract.js'

const root = path.resolve(import.meta.dirname, '../..')
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-test-'))

/** The two shapes of the header, before and after V8 12; in full all. And once with the thread sanitizer, which knows nothing of forks. */
const majors = isContract ? [20, 22, 24, 26] : [20, 26]
const variants = [
  ...majors.map((major) => ({ name: `headers of Node ${major}`, major, flags: ['-O1'], skipped: / $/ })),
  ...(isContract ? [{ name: 'thread sanitizer', major: 26, flags: ['-O1', '-g', '-fsanitize=thread'], skipped: /fork|no thread|survive quiescing|no more threads/ }] : []),
]

const build = ({ name, major, flags }: (typeof variants)[number]): string => {
  const program = path.join(directory, name.replaceAll(' ', '-'))
  const sources = ['test/native/worker_pool_test.cc', 'native/platform/worker_pool.cc', 'native/platform/job.cc'].map((file) => path.join(root, file))
  execFileSync(process.env.CXX ?? 'c++', ['-std=c++20', '-D_GNU_SOURCE', ...flags, '-I', path.join(root, 'native'),
    '-I', path.join(root, `node_modules/node${major}/include/node`), ...sources, '-pthread', '-o', program])
  return program
}

afterAll(() => fs.rmSync(directory, { recursive: true }))

describe.each(variants)('$name', (variant) => {
  const program = build(variant)
  const names = execFileSync(program, { encoding: 'utf8' }).trim().split('\n').filter((name) => !variant.skipped.test(name))

  test.each(names)('%s', (name) => {
    const { status, signal, stderr } = spawnSync(program, [name], { encoding: 'utf8' })
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  })
})
