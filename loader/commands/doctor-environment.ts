// Variables that keep runs plain, and other preloads.
import { isInCi, whyNotEligible } from '../client/eligibility.js'
import { nodeOptions, otherPreloads } from '../client/other-loaders.js'
import { degraded, ok, type Check } from './check.js'
import { explain } from './reasons.js'

const environmentCheck = (): Check => {
  const obstacle = whyNotEligible() ?? (isInCi() ? 'ci' : undefined)
  if (!obstacle || obstacle === 'platform') return ok('environment', 'keeps no run plain')
  const { means, helps } = explain(obstacle)
  return degraded('environment', obstacle, `${means} ${helps}`)
}

const preloadsCheck = (): Check => {
  const others = otherPreloads(nodeOptions())
  return others.length === 0 ? ok('other loaders', 'none in NODE_OPTIONS')
    : degraded('other loaders', `NODE_OPTIONS: ${others.join(' ')}`,
      'Preloads beside instastart are part of each zygote. One that works on a thread keeps all runs plain (`instastart why <program>` tells). TypeScript needs none of them.')
}

export const environmentChecks = (): Check[] => [environmentCheck(), preloadsCheck()]
