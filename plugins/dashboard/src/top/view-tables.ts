import type { View } from '../view/view.ts'
import { levelOf } from './paint.ts'
import { printable } from './printable.ts'
import type { Column, Table } from './table.ts'
import { bytes, count, duration, percent } from './words.ts'

const RIGHT = 'right' as const
const TRAFFIC: readonly Column[] = [{ title: '', grows: true }, { title: 'req/s', align: RIGHT }, { title: 'errors', align: RIGHT }]

/** From here on a share of errors is worth a look. */
const ERRORS = 0.01

export function instancesTable ({ instances }: View): Table {
  return {
    title: 'INSTANCES',
    columns: [...TRAFFIC, { title: 'p99', align: RIGHT }, { title: 'loop', align: RIGHT }, { title: 'cpu', align: RIGHT }, { title: 'memory', align: RIGHT }, { title: 'state' }],
    rows: instances.map(({ instance, self, state, requests, errorShare, p99, loop, cpu, memory, live, ready, degraded, reasons }) => {
      const stale = state === 'stale'
      const words = [stale ? 'STALE' : '', live ? '' : 'not live', ready ? '' : 'not ready', degraded ? `degraded: ${reasons.join('; ')}` : ''].filter((word) => word !== '')
      return {
        level: stale || !live ? 'critical' : degraded || !ready ? 'warning' : 'ok',
        cells: [printable(`${instance}${self ? ' *' : ''}`), count(requests), percent(errorShare), duration(p99), percent(loop), count(cpu), percent(memory), printable(words.join(', ') || 'ok')]
      }
    })
  }
}

export function routesTable ({ routes }: View): Table {
  const total = routes.reduce((sum, { time }) => sum + time, 0)
  return {
    title: 'ROUTES by time',
    columns: [...TRAFFIC, { title: 'refused/s', align: RIGHT }, { title: 'p50', align: RIGHT }, { title: 'p95', align: RIGHT }, { title: 'p99', align: RIGHT }, { title: 'in flight', align: RIGHT }, { title: 'time', align: RIGHT }],
    rows: routes.map(({ method, route, requests, errorShare, refused, p50, p95, p99, inFlight, time }) => ({
      level: errorShare >= ERRORS ? 'warning' : 'ok',
      cells: [printable(`${method} ${route}`), count(requests), percent(errorShare), count(refused), duration(p50), duration(p95), duration(p99), count(inFlight), percent(total > 0 ? time / total : 0)]
    }))
  }
}

export function upstreamsTable ({ upstreams }: View): Table {
  return {
    title: 'UPSTREAMS',
    columns: [...TRAFFIC, { title: 'p50', align: RIGHT }, { title: 'p99', align: RIGHT }, { title: 'in flight', align: RIGHT }],
    rows: upstreams.map(({ origin, requests, errorShare, p50, p99, inFlight }) => ({
      level: errorShare >= ERRORS ? 'warning' : 'ok',
      cells: [printable(origin), count(requests), percent(errorShare), duration(p50), duration(p99), count(inFlight)]
    }))
  }
}

export function protectionsTable ({ protections }: View): Table {
  return {
    title: 'PROTECTIONS',
    columns: [{ title: '' }, { title: 'instance' }, { title: 'state', grows: true }],
    rows: protections.map(({ kind, name, instance, level, text }) => ({ level: levelOf(level), cells: [printable(kind === name ? kind : `${kind} ${name}`), printable(instance), printable(text)] }))
  }
}

export function alertsTable ({ alerts }: View): Table {
  return {
    title: 'ALERTS',
    columns: [{ title: '' }, { title: 'state' }, { title: 'instance' }, { title: 'summary', grows: true }],
    rows: alerts.map(({ rule, state, severity, instance, summary }) => ({
      level: state === 'firing' ? severity === 'critical' ? 'critical' : 'warning' : 'notice',
      cells: [printable(rule), printable(`${state} (${severity})`), printable(instance), printable(summary)]
    }))
  }
}

export function trafficFigures ({ traffic: { requests, errorShare, refused, aborted, p50, p95, p99, inFlight, openStreams } }: View): readonly string[] {
  return [`${count(requests)} req/s`, `errors ${percent(errorShare)}`, `refused ${count(refused)}/s`, ...(aborted > 0 ? [`aborted ${count(aborted)}/s`] : []), `p50 ${duration(p50)}`, `p95 ${duration(p95)}`, `p99 ${duration(p99)}`, `in flight ${count(inFlight)}`, `streams ${count(openStreams)}`]
}

/** The worst instance's, and of several, whose. The floor of the heap is known after the first major collection. */
export function saturationFigures ({ saturation: { loop, loopDelay, cpu, heapFloor, memory, gc, gcPause }, instances }: View): readonly string[] {
  const of = ({ instance }: { readonly instance: string }): string => instances.length > 1 ? ` (${printable(instance)})` : ''
  return [`loop ${percent(loop.value)}${of(loop)}`, `delay ${duration(loopDelay.value)}${of(loopDelay)}`, `cpu ${count(cpu.value)}${of(cpu)}`, `heap floor ${heapFloor.value > 0 ? `${bytes(heapFloor.value)}${of(heapFloor)}` : '-'}`, `memory ${percent(memory.value)}${of(memory)}`, `gc ${percent(gc.value)}${of(gc)}`, `pause ${duration(gcPause.value)}${of(gcPause)}`]
}
