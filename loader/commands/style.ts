// How text looks on a terminal. Anywhere else it is left as it is.
import { styleText } from 'node:util'

type Style = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

/** https://no-color.org: any value but the empty one. */
const isColoured = (): boolean => process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'

export const styled = (style: Style, text: string): string => (isColoured() ? styleText(style, text) : text)

const styleOfState: Record<string, Style> = {
  ok: 'green', warm: 'green', degraded: 'yellow', stale: 'yellow', warming: 'yellow', ended: 'dim', failed: 'red', died: 'red', silent: 'red', plain: 'yellow',
}

/** A state of a zygote or of a check, in its colour. */
export const styledState = (state: string): string => styled(styleOfState[state] ?? 'bold', state)

const shown = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '')

/** Lines of aligned columns, two spaces apart; the last column is as long as it likes. */
export const aligned = (rows: string[][]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => shown(row[column] ?? '').length)))
  const padded = (cell: string, column: number) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - shown(cell).length))
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : padded(cell, column))).join('  '))
}

/** Breaks a text into lines of this width, each behind `indent`. */
export const wrapped = (text: string, indent: string, width = 100): string => {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last && last.length + word.length + 1 > width - indent.length) lines.push(word)
    else lines[lines.length - 1] = last ? `${last} ${word}` : word
  }
  return lines.map((line) => `${indent}${line}\n`).join('')
}
