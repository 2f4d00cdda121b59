// Tests in C++ (see native/testing.h), each a test of vitest's.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { recordFigure } from './contract.js'

const root = path.resolve(import.meta.dirname, '../..')

interface NativeProgram {
  /** Of the repository, `.cc` and `.c`. */
  sources: string[]
  /** For the compiler, besides the project's own. */
  flags: string[]
  /** Tests that this build cannot have. */
  skipped?: RegExp
}

/** Builds the program, and has all of its tests. One that ends with 77 could not be done here, and says why; what one prints is a figure. */
export const testNatively = ({ sources, flags, skipped }: NativeProgram): void => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-test-'))
  const program = path.join(directory, 'program')
  const common = ['-D_GNU_SOURCE', ...flags, '-I', path.join(root, 'native'), '-I', path.join(root, 'test')]
  const inputs = sources.map((file) => {
    if (!file.endsWith('.c')) return path.join(root, file)
    const object = path.join(directory, `${path.basename(file)}.o`)
    execFileSync(process.env.CC ?? 'cc', ['-std=c17', ...common, '-c', path.join(root, file), '-o', object])
    return object
  })
  execFileSync(process.env.CXX ?? 'c++', ['-std=c++20', ...common, ...inputs, '-pthread', '-o', program])
  afterAll(() => fs.rmSync(directory, { recursive: true }))

  const names = execFileSync(program, { encoding: 'utf8' }).trim().split('\n').filter((name) => !skipped?.test(name))
  test.for(names)('%s', (name, context) => {
    const { status, signal, stdout, stderr } = spawnSync(program, [name], { encoding: 'utf8' })
    if (status === 77) context.skip(stderr.trim())
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    if (stdout) recordFigure({ node: '', what: name, value: stdout.trim() })
  })
}
