// `instastart logs [program ...]`: what zygotes printed that gave up, which nobody has seen.
import fs from 'node:fs'
import path from 'node:path'
import { listPrograms } from '../runtime-dir.js'
import { nativeOrFail, type Command } from './command.js'
import { realPath } from './stop.js'
import { styled } from './style.js'

interface Log {
  key: string
  entry: string | null
  /** Date.now() of its end. */
  at: number
  reason: string | null
  text: string
}

const read = (file: string): { text: string; at: number } | undefined => {
  try {
    return { text: fs.readFileSync(file, 'utf8').replaceAll('\r\n', '\n'), at: Math.round(fs.statSync(file).mtimeMs) }
  } catch {
    return undefined // It printed nothing, or is being made again.
  }
}

export const logs: Command = {
  summary: 'what zygotes printed that gave up',
  usage: '[--json] [program ...]',
  help: {},
  options: {},
  run({ values, words }) {
    const native = nativeOrFail()
    const folder = native.runtimeDirectory() ?? ''
    const files = words.map(realPath)
    const found = listPrograms(native)
      .filter(({ manifest: { entry } }) => files.length === 0 || (entry !== undefined && files.includes(entry)))
      .flatMap(({ key, manifest: { entry = null, reason = null } }): Log[] => {
        const log = read(path.join(folder, `${key}.log`))
        return log ? [{ key, entry, reason, ...log }] : []
      })
      .sort((a, b) => a.at - b.at)
    if (values.json) process.stdout.write(`${JSON.stringify({ logs: found }, undefined, 2)}\n`)
    else if (found.length === 0) process.stdout.write('No zygote that gave up has printed anything. `instastart why <program>` tells why runs are plain.\n')
    else {
      for (const { entry, key, at, reason, text } of found) {
        process.stdout.write(`${styled('bold', `${entry ?? key}, ${new Date(at).toLocaleString()}: ${reason ?? ''}`)}\n${text}${text.endsWith('\n') ? '' : '\n'}`)
      }
    }
    return 0
  },
}
