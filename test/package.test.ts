// What `npm pack` makes of dist/: all that the package promises, as npm installs it.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

test('the packed package holds the command, every entry point and every native part, each as a file of its own', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'instastart-package-'))
  try {
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
    const [tarball = ''] = fs.readdirSync(folder)
    const lines = execFileSync('tar', ['-tvzf', path.join(folder, tarball)], { encoding: 'utf8' }).trim().split('\n')
    // npm leaves links out.
    expect(lines.filter((line) => !line.startsWith('-'))).toEqual([])
    const packed = new Set(lines.map((line) => line.replace(/^.* package\//, './')))
    const { bin, exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { bin: Record<string, string>; exports: Record<string, string | Record<string, string>> }
    const promised = [...Object.values(bin).map((file) => `./${file}`), ...Object.values(exports).flatMap((files) => (typeof files === 'string' ? [files] : Object.values(files)))]
    const native = fs.readdirSync(path.join(root, 'dist/native')).map((name) => `./dist/native/${name}`)
    expect([...promised, ...native].filter((file) => !packed.has(file))).toEqual([])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
