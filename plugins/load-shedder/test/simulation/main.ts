import { parseArgs } from 'node:util'
import { GRID, HELD_OUT, WEAK } from './grid.ts'
import { INCIDENTS } from './incidents.ts'
import type { Row, Scenario } from './scenario.ts'

const DEFAULT_SEED = 1

/** The overload battery: the strategies against a simulated process, in virtual time. Exit code 1 on any violation. */
function main (): void {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, long: { type: 'boolean' }, json: { type: 'string' } }, strict: false })
  const first = Number(values['seed'] ?? DEFAULT_SEED)
  const seeds = values['long'] === true ? Array.from({ length: 10 }, (_, index) => first + index) : [first]
  let rounds = 0
  let operations = 0
  const violations: string[] = []
  const run = (title: string, scenarios: readonly Scenario[], judged = true): void => {
    console.log(`\n${title}`)
    for (const seed of seeds) {
      for (const scenario of scenarios) {
        for (const row of scenario(seed)) {
          rounds++
          operations += row.operations
          print(row, seeds.length > 1 ? seed : undefined)
          if (judged) for (const violation of row.violations) violations.push(`seed ${seed}: ${row.scenario}, ${row.load}: ${violation}`)
        }
      }
    }
  }
  run('Steps of Poisson load, as multiples of the capacity', GRID)
  run('Held out: nothing was tuned with these', HELD_OUT)
  run('Incidents', INCIDENTS)
  run('Known weak spots: shown, not judged', WEAK, false)
  if (violations.length > 0) console.log(`\nViolations\n${violations.join('\n')}`)
  console.log(`\noverload: ${rounds} rounds, ${operations} operations, ${violations.length} violations (seed ${first})`)
  process.exitCode = violations.length > 0 ? 1 : 0
}

let lastScenario = ''

function print (row: Row, seed: number | undefined): void {
  if (row.scenario !== lastScenario) console.log(`\n  ${row.scenario}`)
  lastScenario = row.scenario
  const figures = Object.entries(row.figures).map(([name, value]) => `${name} ${value}`).join('  ')
  const broken = row.violations.length > 0 ? `  VIOLATED: ${row.violations.join(', ')}` : ''
  console.log(`    ${row.load.padEnd(6)} ${seed === undefined ? '' : `seed ${seed}  `}${figures}${broken}`)
}

main()
