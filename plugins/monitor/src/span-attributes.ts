import type { JournalEntry, Refusal } from '@plimsoll/core'
import type { OpenTelemetryApi } from './open-telemetry.ts'

export interface SpanAttributesPorts {
  readonly refusals: { observe (observer: (refusal: Refusal) => void): () => void }
  readonly journal: { subscribe (listener: (entry: JournalEntry) => void): () => void }
}

const CIRCUIT_BREAKER = 'circuit-breaker'

/**
 * Writes on the active span, where tracing is on, that the request was refused and by whom, and which circuit changed its
 * state under it. Returns the way out.
 */
export function attributeSpans ({ trace }: Pick<OpenTelemetryApi, 'trace'>, { refusals, journal }: SpanAttributesPorts): () => void {
  const leave = [
    refusals.observe(({ by, reason, status }) => {
      trace.getActiveSpan()?.setAttributes({ 'plimsoll.refused.by': by, 'plimsoll.refused.reason': reason, 'plimsoll.refused.status': status })
    }),
    journal.subscribe(({ component, event, message, data: { circuit, state } }) => {
      if (!component.startsWith(CIRCUIT_BREAKER) || typeof circuit !== 'string' || typeof state !== 'string') return
      const span = trace.getActiveSpan()
      span?.setAttributes({ 'plimsoll.circuit.name': circuit, 'plimsoll.circuit.state': state })
      span?.addEvent(`plimsoll.${event}`, { circuit, state, message })
    })
  ]
  return () => { for (const step of leave) step() }
}
