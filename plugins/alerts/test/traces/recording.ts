import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { ClassTable, ComponentFigures, Frame, OutcomeClass, RouteFigures } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import type { AlertsOptions } from '../../src/options.ts'
import type { Incident, Trace } from './trace.ts'
import type { BuiltInRuleName } from '../../src/rules/built-in-rules.ts'

const FOLDER = new URL('./recorded/', import.meta.url)
const ENDING = '.json.br'
type Column = 'window' | 'stall' | 'utilization' | 'floor' | 'pause' | 'major' | 'completed' | 'refused' | 'aborted'

/** What rules read of a component. */
const KINDS: readonly string[] = ['circuit-breaker', 'pool', 'coordinator']

/** What is known of a recording beside its frames. */
export interface RecordingHead {
  readonly kind: string
  readonly incident: Incident | undefined
  /** What the load really does, whether or not it is noticed. */
  readonly may: readonly BuiltInRuleName[]
  /** @default the built-in rules as they are */
  readonly rules?: AlertsOptions['rules']
}

interface Recording extends RecordingHead {
  /** Wall time of the beginning. */
  readonly begun: string
  readonly columns: Readonly<Record<Column, ReadonlyArray<number | null>>>
  /** Method and pattern. */
  readonly routes: ReadonlyArray<readonly [string, string]>
  /** By frame: route, class, how many, and buckets, each as its distance from the last one, with their counts. */
  readonly traffic: ReadonlyArray<ReadonlyArray<readonly [route: number, name: OutcomeClass, count: number, ...buckets: number[]]>>
  /** Where they differ from the frame before. */
  readonly components: ReadonlyArray<readonly [frame: number, components: readonly ComponentFigures[]]>
  /** Frames with which another process begins that has taken over. @default none */
  readonly replaced?: readonly number[]
}

/** Of frames of a running service, what the built-in rules read, in columns. */
export function encodeRecording (head: RecordingHead, frames: readonly Frame[]): Buffer {
  const routes = new Map<string, readonly [string, string]>()
  const column = (name: Column): Array<number | null> => frames.map(frame => round(columnOf(name, frame)))
  const columns: Recording['columns'] = {
    window: column('window'),
    stall: column('stall'),
    utilization: column('utilization'),
    floor: column('floor'),
    pause: column('pause'),
    major: column('major'),
    completed: column('completed'),
    refused: column('refused'),
    aborted: column('aborted')
  }
  const traffic = frames.map(frame => frame.routes.flatMap(({ method, route, classes }) => {
    const key = `${method} ${route}`
    if (!routes.has(key)) routes.set(key, [method, route])
    const place = [...routes.keys()].indexOf(key)
    return Object.entries(classes).map(([name, figures]) => [place, name as OutcomeClass, figures.count, ...deltas(figures.buckets)] as const)
  }))
  const components: Array<readonly [number, readonly ComponentFigures[]]> = []
  let last = '[]'
  frames.forEach((frame, index) => {
    const read = frame.components.filter(({ kind }) => KINDS.includes(kind))
    if (JSON.stringify(read) === last) return
    last = JSON.stringify(read)
    components.push([index, read])
  })
  const replaced = frames.flatMap(({ instance }, index) => index > 0 && instance !== frames[index - 1]?.instance ? [index] : [])
  const recording: Recording = { ...head, begun: new Date(frames[0]?.at ?? 0).toISOString(), columns, routes: [...routes.values()], traffic, components, ...(replaced.length > 0 && { replaced }) }
  return brotliCompressSync(JSON.stringify(recording), { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 } })
}

/** A hundred traces each, made from seeds. */
export const RECORDED_SETS = ['tuned', 'held-out'] as const

/** Or the kinds that are played by hand, each once. */
export type RecordedSet = '.' | typeof RECORDED_SETS[number]

/** Where what was to happen did not: nothing has to fire there. Found after the recording, each by a miss. */
export const NOT_AS_PLANNED: ReadonlyMap<string, string> = new Map([
  ['held-out/017-pool', 'the load-shedder lowered its limit after 17 s, so that the pool was never above 90 % for 30 s']
])

/**
 * What is committed of a set, as traces.
 * @param every one of so many
 */
export function recordedTraces (set: RecordedSet = '.', every: number = 1): Trace[] {
  const folder = new URL(`${set}/`, FOLDER)
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter(name => name.endsWith(ENDING)).sort().filter((_, index) => index % every === 0).map(file => file.slice(0, -ENDING.length))
  return names.map(name => {
    const trace = decodeRecording(name, readFileSync(new URL(name + ENDING, folder)))
    const { incident, may = [] } = trace
    return incident === undefined || !NOT_AS_PLANNED.has(`${set}/${name}`) ? trace : { ...trace, incident: undefined, may: [...may, incident.rule, ...incident.also] }
  })
}

/** Where the recording of this name belongs. */
export function fileOf (name: string, set: RecordedSet = '.'): URL { return new URL(`${set}/${name}${ENDING}`, FOLDER) }

/** The trace that was encoded. */
export function decodeRecording (name: string, bytes: Buffer): Trace {
  const recording: Recording = JSON.parse(brotliDecompressSync(bytes).toString())
  const { kind, incident, may, rules, columns } = recording
  return {
    name: `recorded ${name}`,
    kind,
    seconds: columns.window.length,
    incident,
    may,
    ...(rules && { rules }),
    frames: () => framesOf(recording)
  }
}

function * framesOf ({ begun, columns, routes, traffic, components, replaced = [] }: Recording): Iterable<Frame> {
  const idle = emptyFrame()
  const { eventLoop, memory, gc, ...rest } = idle.vitals
  const start = Date.parse(begun)
  let clock = 0
  let present: readonly ComponentFigures[] = []
  const changes = new Map(components)
  let instance = 1
  let sequence = 0
  for (const [index, window] of columns.window.entries()) {
    clock += window ?? 0
    sequence++
    if (replaced.includes(index)) {
      instance++
      sequence = 1
    }
    present = changes.get(index) ?? present
    const of = (name: Column): number => columns[name][index] ?? 0
    yield {
      ...idle,
      instance: `shop-${instance}`,
      sequence,
      at: start + clock,
      clock,
      window: window ?? 0,
      vitals: {
        ...rest,
        at: clock,
        window: window ?? 0,
        eventLoop: { ...eventLoop, delay: { ...eventLoop.delay, max: of('stall') } },
        memory: { ...memory, utilization: of('utilization'), oldSpaceFloor: columns.floor[index] ?? undefined },
        gc: { ...gc, longestPause: of('pause'), major: of('major') }
      },
      requests: { ...idle.requests, settled: { ...idle.requests.settled, completed: of('completed'), refused: of('refused'), 'client-abort': of('aborted') } },
      components: present,
      routes: routesOf(routes, traffic[index] ?? [])
    }
  }
}

function routesOf (routes: Recording['routes'], traffic: Recording['traffic'][number]): RouteFigures[] {
  return [...Map.groupBy(traffic, ([route]) => route)].map(([place, classes]) => {
    const [method = '', route = ''] = routes[place] ?? []
    const table: ClassTable = Object.fromEntries(classes.map(([, name, count, ...coded]) => [name, { count, time: 0, buckets: sums(coded), requestBytes: 0, responseBytes: 0 }]))
    return { method, route, inFlight: 0, classes: table }
  })
}

function columnOf (name: Column, { window, vitals: { eventLoop, memory, gc }, requests: { settled } }: Frame): number | undefined {
  switch (name) {
    case 'window': return window
    case 'stall': return eventLoop.delay.max
    case 'utilization': return memory.utilization
    case 'floor': return memory.oldSpaceFloor
    case 'pause': return gc.longestPause
    case 'major': return gc.major
    case 'completed': return settled.completed
    case 'refused': return settled.refused
    case 'aborted': return settled['client-abort']
  }
}

/** Four digits: more says nothing. */
function round (value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(4))
}

/** Pairs of bucket and count, with each bucket as its distance from the one before. */
function deltas (buckets: readonly number[]): number[] {
  return buckets.map((value, index) => index % 2 === 0 ? value - (buckets[index - 2] ?? 0) : value)
}

function sums (coded: readonly number[]): number[] {
  let bucket = 0
  return coded.map((value, index) => {
    if (index % 2 === 1) return value
    bucket += value
    return bucket
  })
}
