import type { Diagnosis } from '../view/view.ts'

export type Level = Diagnosis['level']

/** How a piece of text is to look; without colours, it is the text alone. */
export interface Paint {
  readonly level: (level: Level, text: string) => string
  readonly strong: (text: string) => string
  readonly dim: (text: string) => string
}

const ESCAPE = '\u001b['
const RESET = `${ESCAPE}0m`
const CODES: Readonly<Record<Level, string>> = { ok: '32', notice: '36', warning: '33', critical: '1;31' }

const wrapped = (code: string, text: string): string => `${ESCAPE}${code}m${text}${RESET}`

const COLOURS: Paint = {
  level: (level, text) => wrapped(CODES[level], text),
  strong: (text) => wrapped('1', text),
  dim: (text) => wrapped('2', text)
}

const PLAIN: Paint = { level: (_, text) => text, strong: (text) => text, dim: (text) => text }

export function paintOf (colours: boolean): Paint { return colours ? COLOURS : PLAIN }

/** A level is never told by colour alone. */
export const SIGNS: Readonly<Record<Level, string>> = { ok: 'OK', notice: 'NOTICE', warning: 'WARNING', critical: 'CRITICAL' }

/** One column, before what a level belongs to. */
export const MARKS: Readonly<Record<Level, string>> = { ok: ' ', notice: 'i', warning: '!', critical: 'X' }

/** Of another version there may be more. */
export function levelOf (word: string): Level {
  return word === 'ok' || word === 'warning' || word === 'critical' ? word : 'notice'
}
