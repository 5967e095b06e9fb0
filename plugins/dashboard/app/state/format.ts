/** How figures are written: three significant digits, a narrow no-break space before the unit. */

const NARROW = '\u202f'
const NONE = '–'

/** A figure and its unit apart, for where the unit is written smaller. */
export interface Written {
  readonly figure: string
  readonly unit: string
}

/** A count or a rate: 0.42, 7.3, 482, 4,820, 48.2k. */
export function writeNumber (value: number | null): Written {
  if (value === null || !Number.isFinite(value)) return { figure: NONE, unit: '' }
  const size = Math.abs(value)
  if (size < 9_999.5) return { figure: size < 999.5 ? significant(value) : grouped(value), unit: '' }
  if (size < 999_500) return { figure: significant(value / 1e3), unit: 'k' }
  if (size < 999_500_000) return { figure: significant(value / 1e6), unit: 'M' }
  return { figure: significant(value / 1e9), unit: 'G' }
}

/** A share from 0 to 1 in percent. What is there at all is never written as 0. */
export function writeShare (share: number | null): Written {
  if (share === null || !Number.isFinite(share)) return { figure: NONE, unit: '' }
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return { figure: '<0.1', unit: '%' }
  return { figure: percent < 9.95 ? trimmed(percent.toFixed(1)) : percent.toFixed(0), unit: '%' }
}

/** Milliseconds: 420 µs, 4.2 ms, 1.24 s, 2.1 min. */
export function writeMilliseconds (ms: number | null): Written {
  if (ms === null || !Number.isFinite(ms)) return { figure: NONE, unit: '' }
  if (ms === 0) return { figure: '0', unit: 'ms' }
  if (ms < 0.9995) return { figure: significant(ms * 1e3), unit: 'µs' }
  if (ms < 999.5) return { figure: significant(ms), unit: 'ms' }
  if (ms < 99_950) return { figure: significant(ms / 1e3), unit: 's' }
  if (ms < 5_997_000) return { figure: significant(ms / 60e3), unit: 'min' }
  return { figure: significant(ms / 3600e3), unit: 'h' }
}

function writeBytes (bytes: number | null): Written {
  if (bytes === null || !Number.isFinite(bytes)) return { figure: NONE, unit: '' }
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return { figure: significant(value), unit: units[unit] ?? '' }
}

/** In one text. */
function joined ({ figure, unit }: Written): string {
  // k and M belong to the number itself.
  return unit.length === 1 && /[kMG]/.test(unit) ? figure + unit : unit === '' ? figure : figure + NARROW + unit
}

export const numberText = (value: number | null): string => joined(writeNumber(value))
export const shareText = (share: number | null): string => joined(writeShare(share))
export const millisecondsText = (ms: number | null): string => joined(writeMilliseconds(ms))
export const bytesText = (bytes: number | null): string => joined(writeBytes(bytes))

/** 2026-11-21T02:14:07.000Z; '' for what is no time: times come from other instances as well. */
export function isoText (at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : ''
}

/** 02:14:07, UTC as everywhere on the page and in logs. */
export function timeText (at: number): string {
  return isoText(at).slice(-13, -5) || NONE
}

/** The day as well where it is not today's. */
export function dateText (at: number, now: number): string {
  const [day = '', time] = isoText(at).split('T')
  if (time === undefined) return NONE
  return isoText(now).startsWith(day) ? timeText(at) : `${day} ${timeText(at)}`
}

/** How long: 12 s, 4 min, 2 h 14 min, 3 d. */
export function durationText (ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds}${NARROW}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 120) return `${minutes}${NARROW}min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours}${NARROW}h` : `${hours}${NARROW}h ${minutes % 60}${NARROW}min`
  return `${Math.floor(hours / 24)}${NARROW}d`
}

/** camelCase and kebab-case names as words: `failingForMs` is "failing for ms". */
export function wordsOf (name: string): string {
  return name.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[-_]+/g, ' ').toLowerCase()
}

function significant (value: number): string {
  return trimmed(value.toPrecision(3))
}

// 7.30 is written 7.3, and 1e+3 (from rounding up) 1000.
function trimmed (text: string): string {
  return text.includes('e') ? String(Number(text)) : text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function grouped (value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ',')
}
