// What makes every run plain here and now, whatever the program: the present environment, and this installation.
import fs from 'node:fs'
import { isPlainOption, whyNotEligible } from '../client/eligibility.js'
import { clientPath, loadNative, platformPath } from '../native.js'

/** A reason of reasons.ts; undefined if runs can be warm. */
export const obstacleHere = (nodeOptions: readonly string[] = []): string | undefined => {
  const option = nodeOptions.find(isPlainOption)
  const obstacle = whyNotEligible() ?? (option && `option: ${option}`)
  if (obstacle) return obstacle
  const native = loadNative()
  if (typeof native === 'string') return native
  if (!fs.existsSync(platformPath)) return `no-platform: Node ${process.versions.node} (ABI ${process.versions.modules})`
  return fs.existsSync(clientPath) ? undefined : 'no-client'
}
