// What nothing can be faster than: Node's own start, ours beside it, and that of a C program.
import { register } from '../bench-sandbox.js'
import { compare } from '../measure.js'

export const title = 'Floor: starts that do nothing'
export const unit = 'ms'

export const measureFloor = (sandbox, { rounds }) => compare({
  'node -e 0': sandbox.plain(['-e', '0']),
  'node --import <empty>': sandbox.plain(['--import', sandbox.path('empty.cjs'), sandbox.path('empty.cjs')]),
  'node --import instastart/register, INSTASTART=0': sandbox.plain(['--import', register, sandbox.path('empty.cjs')], { env: { INSTASTART: '0' } }),
  'a C program': sandbox.command(['/bin/true']),
}, { rounds })
