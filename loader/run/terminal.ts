// Terminal streams that were made before the gate remember the size of the zygote's stand-in.

interface TerminalStream {
  isTTY?: boolean
  columns?: number
  rows?: number
  _handle?: { getWindowSize?: (size: number[]) => number } | null
}

const streamOf = (standard: number): TerminalStream =>
  [process.stdin, process.stdout, process.stderr][standard] as unknown as TerminalStream

export const refreshTerminals = (streams: number[]) => {
  for (const stream of streams.map(streamOf)) {
    const size: number[] = []
    // Not _refreshSize(): it would emit 'resize' for a resize that never was.
    if (stream.isTTY && stream.columns !== undefined && stream._handle?.getWindowSize?.(size) === 0) {
      [stream.columns, stream.rows] = size as [number, number]
    }
  }
}
