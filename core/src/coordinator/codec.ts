import { InvalidValue } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** JSON as UTF-8. @throws InvalidValue for what JSON cannot say, and beyond `maxBytes` */
export function encodeJson (key: string, value: unknown, maxBytes: number): Uint8Array {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new InvalidValue(key, `${typeof value} is not JSON`)
  const bytes = encoder.encode(text)
  if (bytes.length > maxBytes) throw new InvalidValue(key, `${bytes.length} bytes are more than the ${maxBytes} that the backend takes`)
  return bytes
}

/** What others wrote is untrusted: a `__proto__` key is dropped, and what is no JSON is `undefined`. */
export function decodeJson (bytes: Uint8Array): unknown {
  const text = decoder.decode(bytes)
  try {
    return text.includes('__proto__') || text.includes('\\u') ? JSON.parse(text, withoutPrototype) : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An object of untrusted fields, or nothing. */
export function decodeRecord (bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const value = decodeJson(bytes)
  return isRecord(value) ? value : undefined
}

export function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A whole number from 0, or 0 for anything else. */
export function count (value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function withoutPrototype (key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}
