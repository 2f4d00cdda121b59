// Bars for the README: one a command, of its median.

const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`)
const rowHeight = 22
const labelWidth = 300
const barWidth = 400

/** @param {string} title @param {Record<string, import('./measure.js').Summary>} table @returns {string} an SVG document */
export const chart = (title, table, unit) => {
  const rows = Object.entries(table)
  const longest = Math.max(...rows.map(([, { median }]) => median))
  const bars = rows.map(([name, { median }], i) => {
    const y = 30 + i * rowHeight
    const width = Math.max(1, (median / longest) * barWidth)
    const color = name.includes('instastart') ? '#2563eb' : '#94a3b8'
    return `<text x="${labelWidth - 8}" y="${y + 15}" text-anchor="end">${escape(name)}</text>` +
      `<rect x="${labelWidth}" y="${y + 2}" width="${width.toFixed(1)}" height="${rowHeight - 6}" fill="${color}"/>` +
      `<text x="${(labelWidth + width + 6).toFixed(1)}" y="${y + 15}">${median.toFixed(median < 100 ? 1 : 0)} ${unit}</text>`
  })
  const height = 40 + rows.length * rowHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth + barWidth + 90}" height="${height}" font-family="sans-serif" font-size="12">` +
    `<text x="8" y="18" font-weight="bold">${escape(title)}</text>${bars.join('')}</svg>\n`
}
