import { boundedJson } from '@plimsoll/core'
import type { ComponentDetail, View } from '../view/view.ts'
import { hasShape } from './shape.ts'
import type { Shape } from './shape.ts'

// A service may be of another version than this command: what is not as it should be is said, and breaks nothing.

const BOUNDS = { depth: 12, values: 200_000, text: 1000 } as const

const WORST: Shape = { value: 'number', instance: 'text' }
const LATENCY: { readonly [name: string]: Shape } = { p50: 'number?', p99: 'number?' }

const VIEW: Shape = {
  id: 'number',
  at: 'number',
  of: 'text',
  status: { level: 'text', sentence: 'text', since: 'number?', evidence: [{ label: 'text', value: 'text' }] },
  traffic: { requests: 'number', errorShare: 'number', refused: 'number', aborted: 'number', ...LATENCY, p95: 'number?', inFlight: 'number', openStreams: 'number' },
  saturation: { loop: WORST, loopDelay: WORST, cpu: WORST, heapFloor: WORST, memory: WORST, gc: WORST, gcPause: WORST },
  routes: [{ method: 'text', route: 'text', requests: 'number', errorShare: 'number', refused: 'number', ...LATENCY, inFlight: 'number', time: 'number' }],
  upstreams: [{ origin: 'text', requests: 'number', errorShare: 'number', ...LATENCY, inFlight: 'number' }],
  protections: [{ kind: 'text', name: 'text', instance: 'text', level: 'text', text: 'text' }],
  alerts: [{ rule: 'text', state: 'text', severity: 'text', instance: 'text', since: 'number', summary: 'text' }],
  instances: [{ instance: 'text', self: 'flag', state: 'text', at: 'number', requests: 'number', errorShare: 'number', p99: 'number?', loop: 'number', cpu: 'number', memory: 'number', live: 'flag', ready: 'flag', degraded: 'flag', reasons: ['text'] }]
}

const COMPONENTS: Shape = [{ kind: 'text', name: 'text', instance: 'text', health: { status: 'text' }, snapshot: {} }]

/** `undefined`: it is none. */
export function readView (json: string): View | undefined {
  const value = parsed(json)
  return isView(value) ? value : undefined
}

/** As a list, or under that name; none where it is something else. */
export function readComponents (value: unknown): readonly ComponentDetail[] {
  const bounded: unknown = boundedJson(value, BOUNDS)
  const list: unknown = typeof bounded === 'object' && bounded !== null && 'components' in bounded ? bounded.components : bounded
  return areComponents(list) ? list : []
}

function isView (value: unknown): value is View { return hasShape(value, VIEW) }

function areComponents (value: unknown): value is readonly ComponentDetail[] { return hasShape(value, COMPONENTS) }

function parsed (json: string): unknown {
  try {
    return boundedJson(JSON.parse(json), BOUNDS)
  } catch {
    return undefined
  }
}
