import { computed, signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'
import { keptParams, readPlace, writePlace } from './place.ts'
import type { PageName, Place } from './place.ts'

/** How far back the charts reach, in seconds. */
export const RANGES = [300, 900, 3600] as const
const DEFAULT_RANGE = 900

export const place: Signal<Place> = signal(readPlace(location.hash))

/** Id of the instance that is looked at; '' is all of them. */
export const instance: ReadonlySignal<string> = computed(() => place.value.params['instance'] ?? '')

export const range: ReadonlySignal<number> = computed(() => RANGES.find((seconds) => String(seconds) === place.value.params['range']) ?? DEFAULT_RANGE)

addEventListener('hashchange', () => { place.value = readPlace(location.hash) })

/** Address of a page; whom one looks at and how far back are kept. */
export function hrefTo (page: PageName, params: Place['params'] = {}): string {
  return writePlace({ page, params: { ...keptParams(place.value.params), ...params } })
}

export function goTo (page: PageName, params: Place['params'] = {}): void {
  location.hash = hrefTo(page, params)
}

/** Changes parameters of the page one is on; '' takes one away. */
export function setParams (params: Place['params']): void {
  location.hash = writePlace({ page: place.value.page, params: { ...place.value.params, ...params } })
}
