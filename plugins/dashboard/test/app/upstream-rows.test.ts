import t from 'tap'
import type { Protection, UpstreamView } from '../../src/view/view.ts'
import { UpstreamRows } from '../../app/state/upstream-rows.ts'

const STOCK = 'http://stock:8080'

function called (origin: string, requests = 1): UpstreamView {
  return { origin, requests, errorShare: 0.5, p50: 4, p99: 9, inFlight: 1 }
}

function breaker (name: string, level: Protection['level'], kind = 'circuit-breaker', rest: Partial<Protection> = {}): Protection {
  return { kind, name, instance: 'web-1', level, text: '', ...rest }
}

t.test('an upstream that is not called stays for a minute, without figures', async (t) => {
  const rows = new UpstreamRows()
  t.strictSame(rows.update({ upstreams: [called(STOCK)], protections: [], at: 1000 }), [called(STOCK)])
  t.strictSame(rows.update({ upstreams: [], protections: [], at: 61_000 }), [{ origin: STOCK, requests: 0, errorShare: 0, p50: null, p99: null, inFlight: 0 }])
  t.strictSame(rows.update({ upstreams: [], protections: [], at: 62_000 }), [])
})

t.test('one whose breaker is not closed stands first as long as that lasts, also where no call was ever seen', async (t) => {
  const rows = new UpstreamRows()
  const names = (level: Protection['level'], at: number): string[] => rows.update({ upstreams: [called('http://busy', 100)], protections: [breaker(STOCK, level)], at }).map(({ origin }) => origin)
  for (let at = 1000; at <= 200_000; at += 1000) t.strictSame(names('critical', at), [STOCK, 'http://busy'])
  t.strictSame(names('warning', 201_000), [STOCK, 'http://busy'])
  t.strictSame(names('ok', 202_000), ['http://busy', STOCK])
  t.strictSame(names('ok', 262_000), ['http://busy'])
  rows.clear()
  t.strictSame(rows.update({ upstreams: [], protections: [], at: 263_000 }), [])
})

t.test('figures of one that is called though its breaker is half-open are its own; what is named otherwise is no upstream', async (t) => {
  const protections = [breaker(STOCK, 'warning'), breaker('payment', 'critical'), breaker('http://pool', 'critical', 'pool')]
  t.strictSame(new UpstreamRows().update({ upstreams: [called(STOCK)], protections, at: 1000 }), [called(STOCK)])
})

t.test('of a breaker with a name of its own it is the origins that it stands before', async (t) => {
  const protections = [breaker('payment', 'critical', 'circuit-breaker', { origins: [STOCK, 'unix:/socket'] })]
  t.strictSame(new UpstreamRows().update({ upstreams: [called('http://busy', 100)], protections, at: 1000 }).map(({ origin }) => origin), [STOCK, 'http://busy'])
})
