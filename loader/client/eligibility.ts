// Which processes may be served by a zygote at all. Everything not understood is plain.
import { nodeOptions, typeScriptLoader } from './other-loaders.js'

/**
 * How options begin by which Node does something else than run a program from its file, or that look at the process from outside.
 * Not one regular expression: compiling it would take longer than all the rest here.
 */
const plainOptions = [
  'eval', 'print', 'check', 'interactive', 'test', 'watch', 'run=', 'build-snapshot', 'snapshot-blob', 'experimental-sea',
  'inspect', 'debug', 'prof', 'cpu-prof', 'heap-prof', 'heapsnapshot', 'diagnostic-dir', 'trace', 'report', 'abort-on',
  'permission', 'experimental-permission', 'allow-', 'frozen-intrinsics', 'preserve-symlinks',
  // Loaders on another thread, which a fork would not have.
  'loader', 'experimental-loader',
  // What a zygote sets itself.
  'expose', 'title', 'single-threaded', 'jitless',
].map((name) => `--${name}`)

export const isPlainOption = (argument: string): boolean =>
  plainOptions.some((option) => argument.startsWith(option)) || /^(-[ecpi]+|--run)$/.test(argument)

/** Why this process is none of ours, by a stable word; undefined if a zygote might serve it. */
export const whyNotEligible = (): string | undefined => {
  const { env } = process
  if (env.INSTASTART === '0') return 'INSTASTART=0'
  if (process.platform !== 'linux') return 'platform'
  if (!process.argv[1] || process.argv[1] === '-') return 'no-entry'
  const option = [...process.execArgv, ...nodeOptions()].find(isPlainOption)
  if (option) return `option: ${option}`
  const loader = typeScriptLoader()
  if (loader) return `another-loader: ${loader}`
  // Once the event loop turns, Node has read from its channel: what nobody has listened for yet would be lost.
  if (process.channel && performance.nodeTiming.loopStart >= 0) return 'ipc-channel'
  if (env.NODE_V8_COVERAGE) return 'coverage'
  if (env.NODE_TEST_CONTEXT) return 'test-runner'
  return undefined
}

/**
 * Where machines build and test (`CI`, as GitHub, GitLab and others set it; is-ci, too, takes `false` for no), a program is seldom started twice, and
 * a process that stays behind may keep the job from ending. INSTASTART=1 asks for zygotes all the same, `instastart warm` for one.
 */
export const isInCi = (): boolean => {
  const { CI, INSTASTART } = process.env
  return CI !== undefined && !['', '0', 'false'].includes(CI) && INSTASTART !== '1'
}
