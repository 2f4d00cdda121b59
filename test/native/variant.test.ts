// What clients are asked, and how long that takes. The wire's part by itself: e2e/variants has the whole.
import { testNatively } from '../support/native-tests.js'

testNatively({
  sources: ['test/native/variant_test.cc', ...['variant', 'variables', 'sha256', 'surroundings', 'descriptors'].map((name) => `native/wire/${name}.c`)],
  flags: ['-O2'],
})
