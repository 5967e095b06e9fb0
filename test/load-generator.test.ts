import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { Fifo } from '../tools/load/fifo.ts'
import { quantileMs, startGenerator, tallyOf, type OpenLoopOptions, type Report, type TrafficClass } from '../tools/load/index.ts'

/** Answers, refuses, fails, breaks the connection, or never answers, as the path says. */
async function oddServer (): Promise<{ server: Server, port: number, connections: () => number }> {
  let connections = 0
  const server = createServer((req, res) => {
    switch (req.url) {
      case '/ok': res.end('hello'); break
      case '/chunked': res.write('hel'); res.end('lo'); break
      case '/busy': res.writeHead(503).end(); break
      case '/broken': res.writeHead(500).end(); break
      case '/reset': res.socket?.destroy(); break
      case '/late': setTimeout(() => res.end(), 120); break
      case '/never': break
    }
  })
  server.on('connection', () => { connections++ })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return { server, port: (server.address() as AddressInfo).port, connections: () => connections }
}

const paths = ['ok', 'chunked', 'busy', 'broken', 'reset', 'late', 'never']
const classes: TrafficClass[] = paths.map(name => ({ name, weight: 1, path: `/${name}` }))

function openLoop (port: number, mode: 'warm' | 'fresh', more: Partial<OpenLoopOptions> = {}): OpenLoopOptions {
  return {
    loop: 'open',
    port,
    mode,
    classes,
    connections: 50,
    deadlineMs: 100,
    timeoutMs: 2_500,
    phases: [{ name: 'first', seconds: 0.5, rate: 140 }, { name: 'second', seconds: 0.5, rate: 280 }],
    ...more
  }
}

function sum (numbers: readonly number[] | undefined): number {
  return (numbers ?? []).reduce((total, number) => total + number, 0)
}

function assertOutcomes (t: Tap, report: Report): void {
  const expected = {
    ok: 'ok', chunked: 'ok', busy: 'refused', broken: 'error', reset: 'reset', late: 'late', never: 'timeout'
  } as const
  for (const [name, outcome] of Object.entries(expected)) {
    const tally = tallyOf(report, { classes: [name] })
    t.ok(tally.offered > 0)
    // A shared machine may make a good answer late, and nothing else.
    const late = outcome === 'ok' ? tally.late : 0
    t.equal(tally[outcome] + late, tally.offered, `${name}: all ${tally.offered} end as ${outcome}`)
    t.equal(sum(report.bins[name]?.offered), tally.offered, 'the bins hold all arrivals')
    t.equal(sum(report.bins[name]?.[outcome]) + late, tally.offered, 'and all outcomes')
  }
  const first = tallyOf(report, { phase: 'first' })
  const second = tallyOf(report, { phase: 'second' })
  t.ok(second.offered > first.offered, 'each phase has its own tally')
  t.ok(quantileMs(tallyOf(report, { classes: ['late'] }).admittedLatency, 0.5) >= 119)
}

type Tap = Pick<typeof t, 'ok' | 'equal' | 'same' | 'match'>

for (const mode of ['warm', 'fresh'] as const) {
  t.test(`${mode}: every arrival is settled once, as what its client saw`, async t => {
    const { server, port } = await oddServer()
    t.teardown(() => { server.closeAllConnections(); server.close() })
    const generator = startGenerator(openLoop(port, mode, { probe: { path: '/ok', rate: 40 }, statsEveryMs: 50 }))
    let lives = 0
    generator.onStats(() => { lives++ })
    await generator.ready
    const report = await generator.done
    assertOutcomes(t, report)
    const probe = tallyOf(report, { classes: ['probe'] })
    t.ok(probe.offered > 10 && probe.offered === probe.ok + probe.late, 'the probe runs beside the load')
    t.ok(lives > 2 && generator.stats() !== undefined, 'live figures came meanwhile')
  })
}

t.test('an arrival that finds no free connection waits, and its latency says so', async t => {
  const { server, port, connections } = await oddServer()
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const report = await startGenerator(openLoop(port, 'warm', {
    connections: 2,
    classes: [{ name: 'late', weight: 1, path: '/late' }],
    phases: [{ seconds: 0.3, rate: 40 }],
    timeoutMs: 3000,
    deadlineMs: 3000
  })).done
  const tally = tallyOf(report)
  t.equal(tally.ok, tally.offered)
  t.equal(connections(), 2)
  t.ok(quantileMs(tally.admittedLatency, 1) > 240, 'at least one waited for another')
})

t.test('a closed loop keeps its connections busy and leaves its warm-up out', async t => {
  const { server, port, connections } = await oddServer()
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const report = await startGenerator({
    loop: 'closed', port, connections: 3, seconds: 0.5, warmupSeconds: 0.2, classes: [{ name: 'ok', weight: 1, path: '/ok' }]
  }).done
  t.equal(connections(), 3)
  t.ok(tallyOf(report, { phase: 'measured' }).ok > 3)
  t.ok(tallyOf(report, { phase: 'warm-up' }).ok > 3)
})

t.test('a stopped load reports what it has', async t => {
  const { server, port } = await oddServer()
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const generator = startGenerator(openLoop(port, 'warm', { phases: [{ seconds: 600, rate: 100 }] }))
  await generator.ready
  generator.stop()
  const tally = tallyOf(await generator.done)
  t.ok(tally.offered < 1000)
})

t.test('a server that is not there is told at once', async t => {
  const { server, port } = await oddServer()
  await new Promise(resolve => { server.close(resolve) })
  const generator = startGenerator(openLoop(port, 'warm'))
  await t.rejects(generator.ready, /cannot open 50 connections/)
  await t.rejects(generator.done, /cannot open 50 connections/)
})

t.test('a queue keeps its order through many pushes and shifts', async t => {
  const queue = new Fifo<number>()
  let shifted = 0
  for (let pushed = 0; pushed < 10_000; pushed++) {
    queue.push(pushed)
    if (pushed % 3 !== 0 && queue.shift() !== shifted++) t.fail('out of order')
  }
  t.equal(queue.length, 10_000 - shifted)
  t.equal(queue.peek(), shifted)
  while (queue.length > 0) if (queue.shift() !== shifted++) t.fail('out of order')
  t.equal(queue.shift(), undefined)
  t.equal(shifted, 10_000)
})
