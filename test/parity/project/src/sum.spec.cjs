const assert = require('node:assert')
it('adds', async () => {
  const { sum } = await import('./sum.mjs')
  assert.equal(sum(1, 2), 3)
})
