import { CELLS, infeasible, nameOf } from './cells.ts'
import type { Cell } from './cells.ts'
import { http1Client, http2Client, injectClient } from './clients.ts'
import type { Client } from './clients.ts'
import { Exchange, turns } from './exchange.ts'
import type { Plan } from './exchange.ts'
import { Service } from './service.ts'
import type { Settling } from './service.ts'

export interface MatrixOptions {
  readonly settling: Settling
  readonly random: () => number
  /** Requests in each cell, at least. */
  readonly requests: number
  /** Milliseconds that a group of requests may take to settle after its clients have gone. */
  readonly patience: number
}

export interface CellResult {
  readonly cell: Cell
  readonly exchanges: readonly Exchange[]
}

/** Runs every feasible cell. The work of the requests may go on: what is wrong with them is asked later. */
export async function runMatrix ({ settling, random, requests, patience }: MatrixOptions): Promise<CellResult[]> {
  const http1 = new Service(settling, false)
  const http2 = new Service(settling, true)
  const port = await http1.listen()
  const overHttp2 = http2Client(await http2.listen())
  const clients: Record<Cell['transport'], { service: Service, client: Client, pipeline: number }> = {
    'HTTP/1.1': { service: http1, client: http1Client(port), pipeline: 1 },
    pipelined: { service: http1, client: http1Client(port), pipeline: 5 },
    h2c: { service: http2, client: overHttp2.client, pipeline: 1 },
    inject: { service: http1, client: injectClient(http1.app), pipeline: 1 }
  }
  const results: CellResult[] = []
  for (const cell of CELLS) {
    if (infeasible(cell) !== undefined) continue
    const { service, client, pipeline } = clients[cell.transport]
    const exchanges: Exchange[] = []
    settling.hold?.(cell.moment === 'queued')
    while (exchanges.length < requests) {
      const group = Array.from({ length: Math.min(GROUP, requests - exchanges.length) }, () => {
        const plan = drawPlan(cell, random)
        const length = pipeline === 1 ? 1 : 2 + Math.floor(random() * (pipeline - 1))
        return Array.from({ length }, (_, i) => new Exchange(`${nameOf(cell)} #${exchanges.length}.${random()}.${i}`.replaceAll('×', 'x'), cell, plan))
      })
      for (const exchange of group.flat()) service.exchanges.set(exchange.id, exchange)
      await Promise.all(group.map(async (pipelined) => await client(pipelined)))
      await settledWithin(patience, group.flat())
      exchanges.push(...group.flat())
    }
    results.push({ cell, exchanges })
  }
  overHttp2.close()
  await Promise.all([http1.app.close(), http2.app.close()])
  return results
}

const GROUP = 50

function drawPlan ({ moment, handler }: Cell, random: () => number): Plan {
  const abort = ['reset', 'fin', 'destroy'] as const
  return {
    turnsBeforeAbort: Math.floor(random() * 4),
    turnsBeforeAct: Math.floor(random() * 4),
    gateDrops: random() < 0.5,
    bodyRead: random() < 0.5,
    eventStream: moment === 'mid-stream' && handler !== 'sends' && random() < 0.3,
    abort: abort[Math.floor(random() * abort.length)] ?? 'reset'
  }
}

async function settledWithin (patience: number, exchanges: readonly Exchange[]): Promise<void> {
  const end = performance.now() + patience
  while (exchanges.some(({ settlements }) => settlements.length === 0) && performance.now() < end) await turns(1)
}

/** What is wrong with the results, a line a request. */
export function faultsOf (results: readonly CellResult[]): string[] {
  return results.flatMap(({ exchanges }) => exchanges.flatMap((exchange) => {
    const { id, settlements, expected, workDone, plan } = exchange
    const faults: string[] = []
    if (settlements.length !== 1 || settlements[0] !== expected) faults.push(`settled [${settlements.join(', ')}], not [${expected}]`)
    if (workDone !== 1) faults.push(`work done ${workDone} times`)
    return faults.map((fault) => `${id}: ${fault}; plan ${JSON.stringify(plan)}`)
  }))
}

/** A line a transport and moment, a column a handler: how many requests were settled with which reason. */
export function tableOf (results: readonly CellResult[]): string {
  const rows = new Map<string, string[]>()
  for (const cell of CELLS) {
    const key = `${cell.transport} × ${cell.moment}`.padEnd(24)
    const result = results.find((other) => other.cell === cell)
    const row = rows.get(key) ?? []
    row.push(`${cell.handler}: ${result === undefined ? 'infeasible' : countsOf(result.exchanges)}`.padEnd(38))
    rows.set(key, row)
  }
  return [...rows].map(([key, row]) => `${key} ${row.join(' ')}`.trimEnd()).join('\n')
}

function countsOf (exchanges: readonly Exchange[]): string {
  const counts: Record<string, number> = {}
  for (const { settlements } of exchanges) {
    const key = settlements.join('+') || 'unsettled'
    counts[key] = (counts[key] ?? 0) + 1
  }
  return Object.entries(counts).map(([reason, count]) => `${count} ${reason}`).join(', ')
}
