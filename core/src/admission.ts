import type { Refusal } from './refusal.ts'
import type { RequestScope } from './request-scope.ts'

/** Order of the well-known checks: lower runs first. */
export const ADMISSION_ORDER = { rateLimit: 100, load: 200 } as const

/** A synchronous question asked of every request before it is routed, or in core's onRequest hook where no gate is installed. */
export interface AdmissionCheck {
  /** The component's name; unique. */
  readonly name: string
  /** See {@link ADMISSION_ORDER}. */
  readonly order: number
  /** A refusal, or `undefined` to admit. A check that throws admits, and is journalled. */
  check (scope: RequestScope): Refusal | undefined
}
