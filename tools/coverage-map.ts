/**
 * What tap's coverage gate looks at: the source of every package and nothing else (no tests, tools or examples).
 * The one exception is the canary, whose own run must fail the same gate.
 */
const packages = ['core/src/**/*.ts', 'plugins/*/src/**/*.ts']
const canary = 'tools/coverage-canary/canary.ts'

/**
 * Tests that repeat what others cover, a million times over or in processes of their own. Counting each block that runs
 * makes a hot loop ten to forty times as long, so what these run is not counted.
 */
const notCounted: readonly RegExp[] = [
  /^test\/(?!coverage-gate|custom-coordinator)/,
  /\/readme\.test\.ts$/,
  /^core\/test\/coordinator\/(simulation-mutants|conformance-mutants)\.test\.ts$/,
  /^core\/test\/admin\/admin-crawl\.test\.ts$/,
  /^core\/test\/frames\/history-bounds\.test\.ts$/,
  /^plugins\/alerts\/test\/traces\.test\.ts$/,
  /^plugins\/monitor\/test\/settlement\.test\.ts$/,
  /^plugins\/rate-limiter\/test\/key-attack\.test\.ts$/
]

export default function coveredBy (testFile: string): string[] | null {
  if (testFile.startsWith('tools/coverage-canary/')) return [canary]
  return notCounted.some((test) => test.test(testFile)) ? null : packages
}
