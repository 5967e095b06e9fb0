import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { progress } from './progress.ts'
import type { Row } from './row.ts'
import { printRows, summaryLine } from './table.ts'

export interface SectionOptions {
  /** Fewer repetitions: to see that it runs, not what it costs. */
  readonly quick: boolean
  /** `--rounds`: how often a section repeats what it measures, instead of as often as it thinks right. */
  readonly rounds: number | undefined
}

export type Section = (options: SectionOptions) => Row[] | Promise<Row[]>

/**
 * `npm run bench -- <area> [--only a,b] [--quick] [--rounds N] [--json FILE]`: measures and prints the sections that are asked for,
 * all without `--only`, and one line that sums up.
 * @throws {Error} on a section that is none, or rounds that are no number above 0
 */
export async function runSections (area: string, sections: Readonly<Record<string, Section>>): Promise<void> {
  const { values: { only, quick, rounds: given, json } } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, json: { type: 'string' } } })
  const names = only?.split(',') ?? Object.keys(sections)
  const unknown = names.find((name) => !Object.hasOwn(sections, name))
  if (unknown !== undefined) throw new Error(`--only is some of ${Object.keys(sections).join(', ')}, not ${unknown}`)
  const rounds = given === undefined ? undefined : Number(given)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1)) throw new Error(`--rounds is a number above 0, not ${given}`)

  const started = performance.now()
  console.log(`${area}: Node ${process.version}${quick ? ', quick' : ''}${rounds === undefined ? '' : `, ${rounds} rounds`}`)
  const rows: Row[] = []
  for (const [name, measure] of Object.entries(sections)) {
    if (!names.includes(name)) continue
    const measured = await measure({ quick, rounds })
    progress('')
    if (measured.length > 0) printRows(name, measured)
    rows.push(...measured)
  }
  if (json !== undefined) writeFileSync(json, JSON.stringify({ node: process.version, quick, rounds, rows }, undefined, 1))
  console.log(`\n${summaryLine(area, rows, (performance.now() - started) / 1000)}`)
}
