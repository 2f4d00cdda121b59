// Amounts as people read them.

/** 0.4 s, 12 s, 3 min, 5 h, 2 d */
export const duration = (ms: number): string => {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}

export const bytes = (count: number): string => {
  if (count < 1024) return `${count} B`
  return count < 2 ** 20 ? `${Math.round(count / 1024)} KB` : `${Math.round(count / 2 ** 20)} MB`
}

/** 1 file, 2 files */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
