// What nothing can be faster than: Node's own start, ours beside it, and the client's.
import { compare } from '../measure.js'

export const title = 'Floor: starts that do nothing'
export const unit = 'ms'

export const measureFloor = (sandbox, { rounds }) => compare({
  'node -e 0': sandbox.plain(['-e', '0']),
  'node --import <empty>': sandbox.plain(['--import', sandbox.path('empty.cjs'), sandbox.path('empty.cjs')]),
  'node --import instastart/register, INSTASTART=0': sandbox.register([sandbox.path('empty.cjs')], { env: { INSTASTART: '0' } }),
  'instastart --help': sandbox.client(['--help']),
}, { rounds })
