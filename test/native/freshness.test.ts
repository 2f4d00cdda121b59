// Whether a change is noticed, by watches and by looking. The addon's part by itself: e2e/stale has the whole.
import { testNatively } from '../support/native-tests.js'

testNatively({
  sources: ['test/native/freshness_test.cc', 'native/addon/freshness.cc', 'native/addon/watches.cc'],
  flags: ['-O1'],
})
