// Named on the command line (npm run lint), so that the top level holds only what a reader looks for.
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'test/fixtures/', 'test/demo/', 'test/bench/', 'test/parity/project/'] },
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['loader/**/*.{ts,mts}', 'test/**/*.ts'] })),
  {
    files: ['loader/**/*.{ts,mts}', 'test/**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: new URL('..', import.meta.url).pathname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-len': ['error', { code: 150, ignoreTemplateLiterals: true, ignoreStrings: true, ignoreUrls: true }],
      // `require` of a file beside: loaded only when needed, and synchronously, which `import()` cannot be.
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    },
  },
)
