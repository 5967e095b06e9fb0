import type { View } from '../view/view.ts'
import { levelOf } from './paint.ts'
import type { Level } from './paint.ts'
import { printable } from './printable.ts'

/** Exit codes and words of the Monitoring Plugins' guidelines, which Nagios, Icinga, Sensu and others understand. */
export const CHECK_UNKNOWN = 3

const RESULTS: Readonly<Record<Level, { readonly code: number, readonly word: string }>> = {
  ok: { code: 0, word: 'OK' },
  notice: { code: 0, word: 'OK' },
  warning: { code: 1, word: 'WARNING' },
  critical: { code: 2, word: 'CRITICAL' }
}

/** Status, sentence, and performance data behind a bar. */
export function checkLine ({ status, traffic: { requests, errorShare, refused, p99 } }: View): { readonly line: string, readonly code: number } {
  const { code, word } = RESULTS[levelOf(status.level)]
  // The bar parts the text from the data.
  const sentence = printable(status.sentence).replaceAll('|', '/')
  const data = [`requests=${requests}`, `errors=${round(errorShare * 100)}%`, `refused=${refused}`, ...(p99 === null ? [] : [`p99=${round(p99)}ms`])]
  return { line: `PLIMSOLL ${word} - ${sentence} | ${data.join(' ')}`, code }
}

function round (value: number): number { return Math.round(value * 1000) / 1000 }
