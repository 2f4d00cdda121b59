import path from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  test: {
    include: ['test/**/*.test.ts'],
    // Processes of their own: tests fork, exec and count processes.
    pool: 'forks',
    // A busy machine slows the programs down that the tests run; each has a limit of its own (support/program.ts).
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
})
