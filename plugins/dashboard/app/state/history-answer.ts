import type { Mark } from '../../src/view/view.ts'

/** Columns over time, as the server has them. */
export interface HistoryAnswer {
  /** Whose it is. */
  readonly instance: string
  readonly step: number
  /** Begin of each step. */
  readonly at: readonly number[]
  /** null where there was no frame in the step. */
  readonly columns: { readonly [name: string]: ReadonlyArray<number | null> }
  readonly heat?: readonly (readonly number[])[]
  readonly marks?: readonly Mark[]
}

/** Without the steps at the beginning in which nothing was recorded yet: there may be minutes of them. */
export function recorded (answer: HistoryAnswer): HistoryAnswer {
  const columns = Object.entries(answer.columns)
  const first = answer.at.findIndex((_, index) => columns.some(([, values]) => typeof values[index] === 'number'))
  const begin = first < 0 ? answer.at.length : first
  return {
    ...answer,
    at: answer.at.slice(begin),
    columns: Object.fromEntries(columns.map(([name, values]) => [name, values.slice(begin)])),
    ...(answer.heat !== undefined && { heat: answer.heat.slice(begin) })
  }
}

/** With a point for every step of a chart, where the answer has coarser ones: another instance's may be. */
export function atSteps (answer: HistoryAnswer, step: number): HistoryAnswer {
  const times = Math.round(answer.step / step)
  if (times <= 1) return answer
  const spread = <T, S>(values: readonly T[], part: (value: T, index: number) => S): S[] => values.flatMap((value) => Array.from({ length: times }, (_, index) => part(value, index)))
  return {
    ...answer,
    step,
    at: spread(answer.at, (at, index) => at + index * step),
    columns: Object.fromEntries(Object.entries(answer.columns).map(([name, values]) => [name, spread(values, (value) => value)])),
    ...(answer.heat !== undefined && { heat: spread(answer.heat, (column) => column.map((figure, index) => index % 2 === 0 ? figure : Math.ceil(figure / times))) })
  }
}
