import { hostileSequence, hostileTexts } from './hostile-texts.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Words that the page decides by; with `words` they are replaced as well. */
const WORDS = new Set(['level', 'kind', 'state', 'status', 'severity', 'symptom', 'method', 'of', 'instance', 'role', 'source'])

export interface HostileOptions {
  /** Which of the texts is the first. */
  readonly start: number
  /** Replace also what should be one word of a few. */
  readonly words: boolean
}

/** The same JSON with hostile texts in place of its own. Numbers, shapes and names of properties stay. */
export function hostile (json: string, { start, words }: HostileOptions): string {
  const next = hostileSequence(start)
  const poisoned = (value: Json, key: string): Json => {
    if (typeof value === 'string') return words || !WORDS.has(key) ? next() : value
    if (Array.isArray(value)) return value.map((item) => poisoned(item, key))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)]))
  }
  return JSON.stringify(poisoned(JSON.parse(json), ''))
}

/** The same JSON with one text in place of all, also of words that the page decides by. */
export function everywhere (text: string): (json: string) => string {
  return (json) => JSON.stringify(JSON.parse(json, (_, value) => typeof value === 'string' ? text : value))
}

/** Properties whose names are hostile too, as a third party's snapshot may have. JSON.parse makes `__proto__` a property of its own. */
export function hostileProperties (): { readonly [name: string]: string } {
  const properties = hostileTexts.map((text, i) => `${JSON.stringify(text.slice(0, 190))}: ${JSON.stringify((hostileTexts[i + 1] ?? '').slice(0, 190))}`)
  return JSON.parse(`{${properties.join()}}`)
}
