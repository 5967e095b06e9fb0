import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Random } from '../../tools/load/random.ts'

/** What a request costs: CPU, half of it before and half after an await. */
export interface Work {
  readonly cpuMs: number
  readonly awaitMs: number
}

/** A work by name: `5/20` is 5 ms of CPU around 20 ms of await; `mix` draws from all of the grid. */
export type WorkName = string

export const grid: readonly WorkName[] = [0.5, 5, 50].flatMap(cpu => [0, 20, 500].map(wait => `${cpu}/${wait}`))

/** Most requests are short, a few are long, as in real services. */
const mixShares = [{ cpuMs: 0.5, share: 0.7 }, { cpuMs: 5, share: 0.25 }, { cpuMs: 50, share: 0.05 }] as const
const mixAwaits = [0, 20, 500] as const

/** @throws {Error} when the name is none */
export function workNamed (name: WorkName, random: Random): () => Work {
  if (name === 'mix') return () => drawMix(random)
  const match = /^(\d+(?:\.\d+)?)\/(\d+)$/.exec(name)
  if (match === null) throw new Error(`--work is <CPU ms>/<await ms> or mix, not ${name}`)
  const work = { cpuMs: Number(match[1]), awaitMs: Number(match[2]) }
  return () => work
}

/** Mean CPU and await of a request: what tells how many requests in flight saturate a server. */
export function meanWork (name: WorkName): Work {
  if (name !== 'mix') return workNamed(name, () => 0)()
  return {
    cpuMs: mixShares.reduce<number>((total, { cpuMs, share }) => total + cpuMs * share, 0),
    awaitMs: mixAwaits.reduce<number>((total, ms) => total + ms, 0) / mixAwaits.length
  }
}

/** The longest await that a request of this work can have. */
export function longestAwaitMs (name: WorkName): number {
  return name === 'mix' ? Math.max(...mixAwaits) : meanWork(name).awaitMs
}

/** @param roundsPerMs from calibrateBurn(): the same rounds for every server of a run, so that only the variants differ */
export async function perform (work: Work, roundsPerMs: number): Promise<void> {
  burn(work.cpuMs / 2 * roundsPerMs)
  if (work.awaitMs > 0) await sleep(work.awaitMs)
  burn(work.cpuMs / 2 * roundsPerMs)
}

/** Rounds of burn() in a millisecond of CPU. A fixed amount of work, not of time: a server that is robbed of its core must fall behind. */
export function calibrateBurn (): number {
  const rounds = 40
  const measured: number[] = []
  for (let attempt = 0; attempt < 40; attempt++) {
    const before = process.cpuUsage()
    for (let repeat = 0; repeat < 20; repeat++) burn(rounds)
    const { user, system } = process.cpuUsage(before)
    measured.push(20 * rounds / ((user + system) / 1000))
  }
  measured.sort((a, b) => a - b)
  return measured[Math.floor(measured.length / 2)] ?? rounds
}

const block = Buffer.alloc(32 * 1024, 'plimsoll')
let checksum = 0

/**
 * Native code, that costs the same from the first call to the last. A loop in JavaScript does not: V8 compiles it anew
 * where it is inlined, and an endpoint without an await took three times the CPU after some seconds.
 */
function burn (rounds: number): void {
  for (let round = 0; round < rounds; round++) checksum = crc32(block, checksum)
}

function drawMix (random: Random): Work {
  let point = random()
  let cpuMs = 0.5
  for (const { cpuMs: candidate, share } of mixShares) {
    cpuMs = candidate
    point -= share
    if (point < 0) break
  }
  return { cpuMs, awaitMs: mixAwaits[Math.floor(random() * mixAwaits.length)] ?? 0 }
}
