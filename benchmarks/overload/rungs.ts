import type { Ladder, Rung } from './ladder.ts'
import { spread } from './row.ts'
import { summarize, type Summary } from './statistics.ts'
import type { StepFigures } from './trial.ts'

export type Pick = (figures: StepFigures) => number

/** The rungs of a variant at some of the multiples. */
export function rungsOf (ladder: Ladder, variant: string, multiples?: readonly number[]): Rung[] {
  return ladder.rungs.filter(rung => rung.variant === variant && (multiples === undefined || multiples.includes(rung.multiple)))
}

export function summaryOf (rungs: readonly Rung[], pick: Pick): Summary {
  return summarize(rungs.map(rung => pick(rung.figures)))
}

/** The peers' figures, formatted as the row's own. */
export function peersOf (ladder: Ladder, multiple: number, pick: Pick, format: (value: number) => string): Record<string, string> {
  const names = new Set(ladder.rungs.map(rung => rung.variant).filter(name => name !== 'plimsoll'))
  return Object.fromEntries([...names].map(name => [name, spread(summaryOf(rungsOf(ladder, name, [multiple]), pick), format)]))
}

/** More than half of the runs had the generator's own delay in them. */
export function mostlyDisturbed (rungs: readonly Rung[]): boolean {
  return rungs.filter(rung => rung.disturbed).length * 2 > rungs.length
}

export function disturbedNote (rungs: readonly Rung[]): { note?: string } {
  const disturbed = rungs.filter(rung => rung.disturbed).length
  return disturbed === 0 ? {} : { note: `${disturbed} of ${rungs.length} runs disturbed: generator lag P99 above half the unloaded P99` }
}

export function total (rungs: readonly Rung[], pick: Pick): number {
  return rungs.reduce((sum, rung) => sum + pick(rung.figures), 0)
}
