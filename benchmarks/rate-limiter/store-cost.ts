import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { judge, percent, spread } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { progress } from '../overload/progress.ts'
import { median, summarize } from '../overload/statistics.ts'
import { fresh, keyBytes, stores } from './stores.ts'
import type { Take } from './stores.ts'

const run = promisify(execFile)

const OPERATIONS = 30_000
/** Of a Map get and set with the same strings in the same run. */
const TARGET = 2
const TARGET_BYTES = 64
const ns = (value: number): string => `${value.toFixed(0)} ns`
const bytes = (value: number): string => `${value.toFixed(1)} B`

/** An operation of each limiter with so many keys in it, by CPU time; strings are fresh in each round. */
export async function operationRows (rounds: number): Promise<Row[]> {
  return [await operationRow(1, rounds), await operationRow(10_000, rounds), await operationRow(1_000_000, Math.ceil(rounds / 3))]
}

async function operationRow (keys: number, rounds: number): Promise<Row> {
  const all = Array.from({ length: keys }, (_, i) => keyBytes(i))
  const takes = new Map<string, Take>()
  for (const [name, make] of Object.entries(stores)) {
    // One timer a key, and a second of them: left out where it would be a million.
    if (keys > 100_000 && (name === 'rate-limiter-flexible' || name === 'express-rate-limit')) continue
    progress(`filling ${name} with ${keys} keys`)
    const take = await make({ limit: 1_000_000, windowMs: 600_000, maxKeys: keys })
    for (const each of all) await take(fresh(each), 1)
    takes.set(name, take)
  }
  takes.set('Map again', await stores['Map get + set']!({ limit: 0, windowMs: 0, maxKeys: 0 }))
  for (const each of all) takes.get('Map again')!(fresh(each), 1)
  const results = new Map<string, number[]>([...takes.keys()].map(name => [name, []]))
  for (let round = -2; round < rounds; round++) {
    progress(`operations at ${keys} keys: round ${round + 1} of ${rounds}`)
    for (const [name, take] of takes) {
      const cost = await operation(take, all, round)
      if (round >= 0) results.get(name)?.push(cost)
    }
  }
  const of = (name: string): number[] => results.get(name) ?? []
  const ratios = of('plimsoll').map((cost, i) => cost / of('Map get + set')[i]!)
  const noise = median(of('Map again').map((cost, i) => Math.abs(cost / of('Map get + set')[i]! - 1)))
  const judged = keys === 10_000
  return {
    section: 'store',
    what: `an operation at ${keys} keys, of a Map get + set`,
    figure: `${spread(summarize(ratios), value => value.toFixed(2))}, ${spread(summarize(of('plimsoll')), ns)}`,
    peers: Object.fromEntries([...results].filter(([name]) => name !== 'plimsoll').map(([name, costs]) => [name, ns(median(costs))])),
    target: judged ? `<= ${TARGET}` : '',
    noise: percent(noise),
    verdict: judged ? judge(median(ratios), { atMost: TARGET }, noise) : 'shown',
    values: Object.fromEntries(results)
  }
}

async function operation (take: Take, keys: readonly Buffer[], round: number): Promise<number> {
  const strings = Array.from({ length: OPERATIONS }, (_, i) => fresh(keys[(i * 7919 + round) % keys.length] ?? keys[0]!))
  const now = 10 + round
  const before = process.cpuUsage()
  for (const key of strings) {
    const allowed = take(key, now)
    if (typeof allowed !== 'boolean') await allowed
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000 / OPERATIONS
}

/** Bytes that a key of 40 characters adds, its string included. */
export async function memoryRows (): Promise<Row[]> {
  const rows: Row[] = []
  for (const keys of [100_000, 600_000]) {
    const found: Record<string, number> = {}
    for (const name of Object.keys(stores)) {
      // Keeps 5,000 of them.
      if (name === '@fastify/rate-limit, default cache') continue
      progress(`memory of ${name} at ${keys} keys`)
      const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--expose-gc', fileURLToPath(new URL('memory-process.ts', import.meta.url)), name, String(keys)])
      found[name] = Number(stdout)
    }
    const { plimsoll = NaN, ...peers } = found
    rows.push({
      section: 'memory',
      what: `bytes a key of 40 characters, string included, at ${keys} keys`,
      figure: bytes(plimsoll),
      peers: Object.fromEntries(Object.entries(peers).map(([name, value]) => [name, bytes(value)])),
      target: `<= ${TARGET_BYTES}`,
      noise: '',
      verdict: judge(plimsoll, { atMost: TARGET_BYTES }, 0)
    })
  }
  return rows
}

/** Whether a client that is refused is refused still, after a million other keys have come. */
export async function attackRows (): Promise<Row[]> {
  const answers: Record<string, string> = {}
  let ours = false
  for (const name of ['plimsoll', '@fastify/rate-limit, default cache', '@fastify/rate-limit']) {
    progress(`a million keys against ${name}`)
    const take = await stores[name]!({ limit: 5, windowMs: 600_000, maxKeys: 100_000 })
    for (let i = 0; i < 10; i++) take('the client that is refused', 1)
    for (let i = 0; i < 1_000_000; i++) take(fresh(keyBytes(i)), 2)
    const refused = take('the client that is refused', 3) === false
    answers[name] = refused ? 'still refused' : 'forgotten: let through'
    if (name === 'plimsoll') ours = refused
  }
  const { plimsoll = '', ...peers } = answers
  return [{
    section: 'attack',
    what: 'a refused client after 1,000,000 other keys, in a store of 100,000',
    figure: plimsoll,
    peers,
    target: 'still refused',
    noise: '',
    verdict: ours ? 'pass' : 'miss'
  }]
}
