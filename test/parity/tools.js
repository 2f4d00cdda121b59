// Tools, as npm installs them, and something small for each to do in project/. `engines`: the first major version of Node that they run on.

/** What `bin` of a package's package.json names. */
const bin = (file) => `node_modules/${file}`

export const tools = [
  { name: 'tsc', entry: bin('typescript/bin/tsc'), job: ['-p', '.'] },
  { name: 'eslint', entry: bin('eslint/bin/eslint.js'), job: ['src/main.mjs'] },
  { name: 'prettier', entry: bin('prettier/bin/prettier.cjs'), job: ['--check', 'src/main.mjs'] },
  { name: 'webpack', entry: bin('webpack/bin/webpack.js'), job: ['--mode', 'development', '--entry', './src/main.mjs', '-o', 'out'] },
  { name: 'rollup', entry: bin('rollup/dist/bin/rollup'), job: ['src/main.mjs', '--file', 'out/bundle.js'] },
  { name: 'mocha', entry: bin('mocha/bin/mocha.js'), job: ['src/sum.spec.cjs'] },
  { name: 'jest', entry: bin('jest/bin/jest.js'), job: ['--ci', '--testMatch', '**/*.jest.cjs'] },
  { name: 'vitest', entry: bin('vitest/vitest.mjs'), job: ['run', '--dir', 'src', 'sum.vitest.mjs'] },
  { name: 'tailwindcss', entry: bin('@tailwindcss/cli/dist/index.mjs'), job: ['-i', 'src/style.css', '-o', 'out/style.css'] },
  { name: 'sass', entry: bin('sass/sass.js'), job: ['src/style.scss'] },
  { name: 'terser', entry: bin('terser/bin/terser'), job: ['src/sum.mjs', '--module', '--mangle'] },
  { name: 'stylelint', entry: bin('stylelint/bin/stylelint.mjs'), job: ['src/plain.css'] },
  { name: 'commander', entry: 'commander.cjs', job: ['--loud', 'Parity'], engines: 22 },
  { name: 'yargs', entry: 'yargs.mjs', job: ['--loud', '--name', 'Parity'] },
]
