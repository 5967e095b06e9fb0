/**
 * `npm test`: everything that must hold before a change is pushed.
 *
 *   node tools/test.ts                 all steps
 *   node tools/test.ts lint types      only these, in the right order
 *   node tools/test.ts --verbose       with the slowest test files, as CI does
 *
 * Prints one line a step; the last line is `N passed, N failed`. Stops at the first failure with its output. A test file
 * that fails is run once more: if it passes then, the step does and says so.
 */
import { availableParallelism } from 'node:os'
import { mustRun } from './command.ts'
import { runSteps } from './step.ts'
import type { Step } from './step.ts'
import { coverageCanary } from './steps/coverage-canary.ts'
import { testsOnNode22 } from './steps/node-22.ts'
import { smokeTest } from './steps/package-smoke.ts'
import { checkPackageTypes, lintPackages, pack } from './steps/published-packages.ts'
import { typeTests } from './steps/type-tests.ts'
import { allTests, buildTap, quickTests } from './steps/unit-tests.ts'

const check = (command: string, ...args: string[]): Step['run'] => async (signal) => {
  await mustRun(command, args, { signal })
  return { passed: 1 }
}

/** What runs in Node, and what runs in a browser. */
const checkTypes: Step['run'] = async (signal) => {
  const projects = ['tsconfig.json', 'plugins/dashboard/app/tsconfig.json']
  for (const project of projects) await mustRun('tsc', ['--noEmit', '-p', project], { signal })
  return { passed: projects.length }
}

const quick: Step = { name: 'quick tests', after: ['tap build'], alone: true, run: quickTests }

const steps: readonly Step[] = [
  { name: 'lint', run: check('eslint', '--cache', '--cache-location', '.cache/eslint', '--max-warnings=0', '.') },
  { name: 'types', run: checkTypes },
  { name: 'tap build', run: buildTap },
  { name: 'pack', after: ['types'], run: pack },
  { name: 'type tests', run: typeTests },
  { name: 'knip', run: check('knip') },
  { name: 'publint', after: ['pack'], run: lintPackages },
  { name: 'attw', after: ['pack'], run: checkPackageTypes },
  { name: 'package smoke', after: ['pack'], run: smokeTest },
  { name: 'tests', after: ['tap build'], alone: true, run: allTests },
  // Uses tap's coverage folder as well.
  { name: 'coverage canary', after: ['tap build', 'tests'], alone: true, run: coverageCanary },
  { name: 'tests on Node 22', alone: true, run: testsOnNode22 }
]

const wanted = process.argv.slice(2).filter((argument) => argument !== '--verbose')
const verbose = process.argv.includes('--verbose') || process.env['CI'] === 'true'
const known = [...steps, quick].map((step) => step.name)
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`no step ${unknown.map((name) => `"${name}"`).join(', ')}; there are: ${known.join(', ')}`)
  process.exit(1)
}
const chosen = wanted.length === 0 ? steps : [...steps, quick].filter((step) => wanted.includes(step.name))
// The steps' processes are in groups of their own, where Ctrl-C does not reach them: they are killed on exit.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
const begun = performance.now()
const { passed, failed } = await runSteps(chosen, { slots: Math.min(4, availableParallelism()), verbose }, (line) => console.log(line))
console.log(`${((performance.now() - begun) / 1000).toFixed(1)} s on Node ${process.versions.node}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
