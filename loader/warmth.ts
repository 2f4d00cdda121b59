// What a program may know of its own start, and do about it: see auto.ts.

/** What start() and launch() do in a zygote. */
export interface ProgramGate {
  start(): Promise<void>
  /** `file`: absolute, no links. */
  launch(file: string): void
}

interface Warmth {
  /** Whether this process has asked for a run, or is a zygote or a run: once is enough. */
  hasAsked: boolean
  /** Whether this process is a run. */
  isWarm: boolean
  /** Why this run is plain; undefined in a warm one. */
  reason: string | undefined
  /** Whether the program uses instastart/auto. */
  isAutoLoaded: boolean
  /** In zygotes, and in their runs. */
  gate?: ProgramGate
  /** Called in every run as it starts, in order. */
  forked: (() => void)[]
}

export const warmth: Warmth = { hasAsked: false, isWarm: false, reason: undefined, isAutoLoaded: false, forked: [] }

/** In a run, when everything else is as the program may expect it. */
export const becomeWarm = () => {
  warmth.isWarm = true
  warmth.reason = undefined
  for (const callback of warmth.forked.splice(0)) callback()
}
