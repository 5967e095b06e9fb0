/** `held-process.ts <kind> <count> <seconds> [timers]`: makes circuits, calls each once, waits, and prints what they held and used meanwhile. */
import { createHook } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export type Kind = 'none' | 'plimsoll' | 'plimsoll, in use' | 'opossum' | 'cockatiel' | 'mollitia'

export interface HeldReport {
  readonly bytes: number
  /** Counted only where that is asked for: counting them takes memory. */
  readonly timers: number
  /** Of one core. */
  readonly cpuShare: number
}

type Maker = (index: number) => () => Promise<unknown>

const [kind, count = '1000', seconds = '0', countsTimers] = process.argv.slice(2)
const timers = new Set<number>()
const hook = createHook({ init: (id, type) => { if (type === 'Timeout') timers.add(id) }, destroy: id => { timers.delete(id) } })
if (countsTimers !== undefined) hook.enable()
const answer = async (): Promise<number> => 42
const inUse = Object.freeze({ slidingWindowSize: 1000 })
const make = await makerOf(kind)
// Classes, shapes and code that all share.
const warm = Array.from({ length: 20 }, (_, index) => make(index))
await Promise.all(warm.map(call => call()))
await settle()
const before = held()
const timersBefore = timers.size
const calls: Array<() => Promise<unknown>> = []
for (let index = 0; index < Number(count); index++) calls.push(make(index))
await Promise.all(calls.map(call => call()))
await settle()
const bytes = (held() - before) / Number(count)
const report = { bytes, timers: timers.size - timersBefore, cpuShare: await idle(Number(seconds)) }
console.log(JSON.stringify(report))
process.exit(calls.length === Number(count) && warm.length > 0 ? 0 : 1)

async function makerOf (kind: string | undefined): Promise<Maker> {
  if (kind === 'plimsoll, in use') {
    // Its window has begun to roll, and calls have failed.
    const { CircuitBreaker } = await import('@plimsoll/circuit-breaker')
    return index => {
      const breaker = new CircuitBreaker(`circuit-${index}`, inUse)
      return async () => {
        await breaker.execute(answer)
        await sleep(300)
        await breaker.execute(async () => { throw new Error('failed') }).catch(() => {})
      }
    }
  }
  if (kind === 'plimsoll') {
    const { CircuitBreaker } = await import('@plimsoll/circuit-breaker')
    return index => {
      const breaker = new CircuitBreaker(`circuit-${index}`)
      return () => breaker.execute(answer)
    }
  }
  if (kind === 'opossum') {
    const { default: Opossum } = await import('opossum')
    return () => {
      const breaker = new Opossum(answer)
      return () => breaker.fire()
    }
  }
  if (kind === 'cockatiel') {
    const { circuitBreaker, handleAll, SamplingBreaker } = await import('cockatiel')
    return () => {
      const policy = circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000 }) })
      return () => policy.execute(answer)
    }
  }
  if (kind === 'mollitia') {
    const { Circuit, SlidingCountBreaker } = await import('mollitia')
    return index => {
      const circuit = new Circuit({ name: `circuit-${index}`, func: answer, options: { modules: [new SlidingCountBreaker({ slidingWindowSize: 100 })] } })
      return () => circuit.execute()
    }
  }
  return () => answer
}

/** What runs on for a moment after a call is over. */
async function settle (): Promise<void> {
  await sleep(100)
  globalThis.gc?.()
  await sleep(10)
  globalThis.gc?.()
}

function held (): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function idle (seconds: number): Promise<number> {
  if (seconds === 0) return 0
  await sleep(1000)
  const before = process.cpuUsage()
  const begun = performance.now()
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / (performance.now() - begun)
}
