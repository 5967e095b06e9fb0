import { bucketOf } from '@plimsoll/core'
import type { ClassFigures, ClassTable, ComponentFigures, Frame, Json, RouteFigures, UpstreamFigures, VitalSigns } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { Diagnostician } from '../../src/diagnosis/diagnostician.ts'
import type { ObservedFrame } from '../../src/view/observed-frame.ts'
import type { Diagnosis } from '../../src/view/view.ts'

const START = Date.UTC(2026, 0, 5, 2)
const IDLE = emptyFrame()

export interface Traffic {
  readonly ok?: number
  readonly failed?: number
  readonly refused?: number
  readonly ms?: number
  readonly inFlight?: number
}

/** What a process is like in one second. */
export interface Moment extends Partial<Pick<Frame, 'health' | 'journal' | 'window'>> {
  readonly instance?: string
  /** By method and pattern. */
  readonly routes?: Readonly<Record<string, Traffic>>
  readonly upstreams?: Readonly<Record<string, Traffic>>
  readonly components?: ReadonlyArray<Partial<ComponentFigures> & Pick<ComponentFigures, 'kind' | 'snapshot'>>
  readonly loop?: number
  readonly delay?: number
  readonly cpu?: Partial<VitalSigns['cpu']>
  readonly memory?: Partial<VitalSigns['memory']>
  readonly gc?: Partial<VitalSigns['gc']>
  readonly stale?: boolean
  /** Requests, where no route tells of them. */
  readonly completed?: number
}

/** A service that has run for a while, second by second. Gives what was said in each. */
export function watch (seconds: number, momentsOf: (second: number) => readonly Moment[]): Diagnosis[] {
  const diagnostician = new Diagnostician()
  return Array.from({ length: seconds }, (_, second) => diagnostician.see(momentsOf(second).map((moment) => observed(moment, second)), START + 1000 * (second + 1)))
}

/** A stale one is what it was when it was last heard of. */
function observed (moment: Moment, second: number): ObservedFrame {
  const { instance = 'app-1', stale = false, completed = 0, routes = {}, upstreams = {}, components = [], loop = 0.1, delay = 1, cpu = {}, memory = {}, gc = {}, ...rest } = moment
  const traffic = Object.values(routes)
  const sum = (read: (one: Traffic) => number): number => traffic.reduce((all, one) => all + read(one), 0)
  const { vitals, requests } = IDLE
  const frame: Frame = {
    ...IDLE,
    ...rest,
    instance,
    sequence: stale ? 1 : second + 1,
    at: START + (stale ? 0 : 1000 * (second + 1)),
    clock: 600_000 + 1000 * second,
    routes: Object.entries(routes).map(([name, one]): RouteFigures => {
      const [method = '', route = ''] = name.split(' ')
      return { method, route, ...figures(one) }
    }),
    upstreams: Object.entries(upstreams).map(([origin, one]): UpstreamFigures => ({ origin, ...figures(one) })),
    components: components.map((one) => ({ name: one.kind, health: { status: 'ok' }, ...one })),
    vitals: {
      ...vitals,
      eventLoop: { utilization: loop, delay: { ...vitals.eventLoop.delay, max: delay } },
      cpu: { ...vitals.cpu, used: loop, ...cpu },
      memory: { ...vitals.memory, ...memory },
      gc: { ...vitals.gc, ...gc }
    },
    requests: { ...requests, settled: { ...requests.settled, completed: completed + sum(({ ok = 0, failed = 0 }) => ok + failed), refused: sum(({ refused = 0 }) => refused) } }
  }
  return { frame, stale }
}

function figures ({ ok = 0, failed = 0, refused = 0, ms = 10, inFlight = 0 }: Traffic): { readonly inFlight: number, readonly classes: ClassTable } {
  return { inFlight, classes: { ...(ok > 0 && { '2xx': some(ok, ms) }), ...(failed > 0 && { '5xx': some(failed, ms) }), ...(refused > 0 && { refused: some(refused, 0.1) }) } }
}

function some (count: number, ms: number): ClassFigures {
  return { count, time: Math.round(count * ms * 1000), buckets: [bucketOf(Math.round(ms * 1000)), count], requestBytes: 0, responseBytes: 0 }
}

export function limiter (refused: number, { keys = 200, limitedKeys = 1 }: { readonly keys?: number, readonly limitedKeys?: number } = {}): Moment['components'] & {} {
  return [{ kind: 'rate-limiter', snapshot: { limits: [{ name: 'default', allowed: 1000, refused, keys, limitedKeys }] } }]
}

export function shedder (arrived: Readonly<Record<string, number>>, refused: Readonly<Record<string, number>>, more: { readonly [key: string]: Json } = {}): Moment['components'] & {} {
  return [{ kind: 'load-shedder', snapshot: { arrived, refused, ...more } }]
}

export function breaker (name: string, state: string, refused: number = 0): Moment['components'] & {} {
  return [{ kind: 'circuit-breaker', name: 'circuit-breakers', snapshot: { breakers: [{ name, state, refused, failureRate: 0, slowRate: 0 }] } }]
}
