import type { Json } from '@plimsoll/core'

/** What was typed as a control's argument: JSON where it is JSON, otherwise a text; nothing is no argument. */
export function readArgument (typed: string): Json | undefined {
  const text = typed.trim()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** An argument or result in one line. */
export function argumentText (value: Json): string {
  return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}
