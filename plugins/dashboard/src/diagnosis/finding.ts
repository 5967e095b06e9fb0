import type { Diagnosis } from '../view/view.ts'

export type Symptom = Exclude<Diagnosis['symptom'], 'none'>
export type Level = Diagnosis['level']
export type Evidence = Diagnosis['evidence'][number]

/** Why it is so. */
export interface Cause {
  readonly kind: Exclude<Diagnosis['cause']['kind'], 'none'>
  readonly name: string
  readonly instance: string | null
  /** The figures that say so, as the end of a sentence. */
  readonly because: string
  readonly evidence: readonly Evidence[]
}

/** One thing that is wrong in this second. */
export interface Finding {
  readonly symptom: Symptom
  readonly level: Exclude<Level, 'ok'>
  /** Beginning of the sentence, such as "38 % of POST /checkout fail". */
  readonly about: string
  readonly cause: Cause
}

/** Nothing that was seen explains it. */
export function unknownCause (because: string, evidence: readonly Evidence[] = []): Cause {
  return { kind: 'unknown', name: '', instance: null, because, evidence }
}
