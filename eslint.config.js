import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: resolveIgnoresFromGitignore() }),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true }
  },
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }]
    }
  },
  {
    files: ['plugins/*/app/**/*.{ts,tsx}'],
    rules: { 'max-lines': ['error', 400], 'no-console': 'error' }
  },
  {
    files: ['{core,plugins/*}/src/**/*.ts'],
    ignores: ['core/src/clock.ts'],
    rules: {
      'max-lines': ['error', 400],
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: 'Decisions read the injected clock.' },
        { object: 'Math', property: 'random', message: 'Decisions use the injected randomness.' }
      ],
      'no-console': 'error'
    }
  }
]
