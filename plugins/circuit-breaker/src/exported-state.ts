import { InvalidStateError } from './errors.ts'
import type { CircuitState } from './transition.ts'

/** What a circuit knows that outlives it: JSON, for another process or a restart. */
export interface ExportedState {
  /** `open` for a half-open circuit as well, with nothing left to wait; `closed` for any other. */
  readonly state: 'open' | 'closed'
  /** Of the wait, in ms. */
  readonly remainingMs: number
  /** Lengthenings that the next wait has. */
  readonly level: number
}

/** The longest wait and the highest level that are taken from outside. */
const MAX_REMAINING_MS = 86_400_000
const MAX_LEVEL = 1000

export function exportedState (state: CircuitState, retryAfterMs: number, level: number): ExportedState {
  const isOpen = state === 'open' || state === 'half-open'
  return { state: isOpen ? 'open' : 'closed', remainingMs: state === 'open' ? retryAfterMs : 0, level }
}

/** @throws InvalidStateError, naming what is wrong with it */
export function checkedState (circuit: string, given: ExportedState): ExportedState {
  // It comes from a file or another process: its type is a promise of nobody.
  const { state, remainingMs, level } = Object(given) as { readonly [K in keyof ExportedState]?: unknown }
  if (state !== 'open' && state !== 'closed') throw new InvalidStateError(circuit, 'state is neither open nor closed')
  if (!isNumber(remainingMs) || remainingMs < 0 || remainingMs > MAX_REMAINING_MS) throw new InvalidStateError(circuit, `remainingMs is no number from 0 to ${MAX_REMAINING_MS}`)
  if (!isNumber(level) || !Number.isInteger(level) || level < 0 || level > MAX_LEVEL) throw new InvalidStateError(circuit, `level is no whole number from 0 to ${MAX_LEVEL}`)
  return { state, remainingMs, level }
}

function isNumber (given: unknown): given is number { return typeof given === 'number' }
