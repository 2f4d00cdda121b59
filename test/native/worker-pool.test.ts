// native/platform's pool and jobs by themselves, with the headers of each ABI.
import { describe } from 'vitest'
import { isContract } from '../support/contract.js'
import { testNatively } from '../support/native-tests.js'

/** The two shapes of the header, before and after V8 12; in full all. And once with the thread sanitizer, which knows nothing of forks. */
const majors = isContract ? [20, 22, 24, 26] : [20, 26]
const variants = [
  ...majors.map((major) => ({ name: `headers of Node ${major}`, major, flags: ['-O1'], skipped: / $/ })),
  ...(isContract ? [{ name: 'thread sanitizer', major: 26, flags: ['-O1', '-g', '-fsanitize=thread'], skipped: /fork|no thread|survive quiescing|no more threads/ }] : []),
]

describe.each(variants)('$name', ({ major, flags, skipped }) => {
  testNatively({
    sources: ['test/native/worker_pool_test.cc', 'native/platform/worker_pool.cc', 'native/platform/job.cc'],
    flags: [...flags, '-I', `node_modules/node${major}/include/node`],
    skipped,
  })
})
