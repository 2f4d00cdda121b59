// instastart/auto for ES modules, whose exports can change with the run.
import * as auto from './auto.js'

export let isWarm: boolean = auto.isWarm
export let reason: string | undefined = auto.reason
export const { start, done, serve, launch, afterFork } = auto

afterFork(() => {
  isWarm = true
  reason = undefined
})
