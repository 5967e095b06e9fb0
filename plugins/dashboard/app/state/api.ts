import { signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { encodeText, writeQuery } from './place.ts'

/** Set when the server says that we are nobody (any more). */
export const signedOut: Signal<boolean> = signal(false)

/** The page is at `{prefix}/dashboard/`; everything else of the admin surface is beside it. */
const SURFACE = '../'

class ApiError extends Error {
  readonly status: number

  constructor (status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Address below the dashboard's API. Parameters that are '' are left out. */
export function apiUrl (path: string, params: { readonly [name: string]: string | number } = {}): string {
  const query = writeQuery(params)
  return `${SURFACE}api/performance/${path}${query === '' ? '' : `?${query}`}`
}

/** Address of core's endpoint of a component. */
export function componentUrl (kind: string, name: string): string {
  return `${SURFACE}components/${encodeText(kind)}/${encodeText(name)}`
}

/** @throws ApiError with what the server said */
export async function getJson<T> (url: string, abort?: AbortSignal): Promise<T> {
  return await answerOf(await fetch(url, { headers: { accept: 'application/json' }, ...(abort && { signal: abort }) }))
}

/** @throws ApiError with what the server said */
export async function postJson<T> (url: string, body: unknown): Promise<T> {
  return await answerOf(await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'x-plimsoll-request': '1' }, body: JSON.stringify(body) }))
}

export async function signOut (): Promise<void> {
  await postJson(`${SURFACE}session-end`, {})
  location.reload()
}

async function answerOf<T> (response: Response): Promise<T> {
  if (response.status === 401) signedOut.value = true
  if (response.ok) return await response.json()
  throw new ApiError(response.status, await complaintOf(response))
}

async function complaintOf (response: Response): Promise<string> {
  try {
    const { error }: { readonly error?: { readonly message?: unknown } } = await response.json()
    if (typeof error?.message === 'string') return error.message
  } catch {}
  return `the server answered ${response.status}`
}
