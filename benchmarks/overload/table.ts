import { styleText } from 'node:util'
import type { Row, Verdict } from './row.ts'

const colours = { pass: 'green', miss: 'red', inconclusive: 'yellow', shown: 'dim' } as const

/** Prints the rows of a section: one line each, a second one for the peers, a third for a note. */
export function printRows (title: string, rows: readonly Row[]): void {
  console.log(`\n${styleText('bold', title)}`)
  const width = Math.max(...rows.map(row => row.what.length))
  for (const row of rows) {
    const target = row.target === '' ? '' : `  target ${row.target}`
    const noise = row.noise === '' ? '' : `  noise ${row.noise}`
    console.log(`  ${row.what.padEnd(width)}  ${row.figure}${target}${noise}  ${styleText(colours[row.verdict], row.verdict)}`)
    const peers = Object.entries(row.peers).map(([name, figure]) => `${name} ${figure}`)
    if (peers.length > 0) console.log(styleText('dim', `  ${' '.repeat(width)}  ${peers.join(' | ')}`))
    if (row.note !== undefined) console.log(styleText('dim', `  ${' '.repeat(width)}  ${row.note}`))
  }
}

/** The last line. */
export function summaryLine (area: string, rows: readonly Row[], seconds: number): string {
  const count = (verdict: Verdict): number => rows.filter(row => row.verdict === verdict).length
  return `${area}: ${count('pass')} targets met, ${count('miss')} missed, ${count('inconclusive')} inconclusive, in ${Math.round(seconds)} s`
}
