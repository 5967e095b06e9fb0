/**
 * What tap's coverage gate looks at: the source of every package and nothing else (no tests, tools or examples).
 * The one exception is the canary, whose own run must fail the same gate.
 */
const packages = ['core/src/**/*.ts', 'plugins/*/src/**/*.ts']
const canary = 'tools/coverage-canary/canary.ts'

export default function coveredBy (testFile: string): string[] {
  return testFile.startsWith('tools/coverage-canary/') ? [canary] : packages
}
