import type { Diagnosis } from '../../src/view/view.ts'
import type { ObservedFrame } from '../../src/view/observed-frame.ts'
import { ProcessModel } from './process-model.ts'
import type { ModelState } from './process-model.ts'
import type { Service } from './services.ts'

/** What is wrong in a trace. */
export interface Incident {
  /** Seconds. */
  readonly from: number
  readonly until: number
  /** Any of these has to be named; an empty text stands for "unknown". */
  readonly causes: ReadonlyArray<{ readonly kind: Diagnosis['cause']['kind'], readonly name: string }>
  /** Seconds until it is named. */
  readonly within: number
  /** Seconds until it is over, after its end. */
  readonly clears: number
}

export interface Trace {
  readonly name: string
  readonly kind: string
  readonly seconds: number
  readonly incident: Incident | undefined
  /** What the dashboard sees, second by second. */
  observe (): Iterable<{ readonly seen: readonly ObservedFrame[], readonly at: number }>
}

/** Changes what is to happen in second `t`. */
export type Change = (cluster: Cluster, t: number) => void

const STALE_MS = 2500
const GONE_MS = 60_000
const WALL_START: number = Date.UTC(2026, 0, 5, 2)

/** Processes of one service, that see one another's frames. */
export class Cluster {
  readonly processes: Map<string, ProcessModel> = new Map()
  readonly #seed: number
  readonly #weight: number
  readonly #make: () => ModelState
  #born = 0
  readonly #latest: Map<string, ObservedFrame['frame']> = new Map()

  constructor (makes: () => Service, count: number, seed: number) {
    this.#make = () => makes().state
    this.#weight = makes().weight
    this.#seed = seed
    for (let i = 0; i < count; i++) this.start()
  }

  get states (): readonly ModelState[] { return [...this.processes.values()].map(({ state }) => state) }

  /** Starts another process in second `t`; left out, it has run for a while. */
  start (t?: number): ProcessModel {
    const id = `app-${++this.#born}`
    const process = new ProcessModel(id, this.#make(), this.#seed + this.#born * 7919, { weight: this.#weight, bornAt: t === undefined ? undefined : t * 1000 })
    this.processes.set(id, process)
    return process
  }

  /** Without any warning. */
  kill (id: string): void { this.processes.delete(id) }

  step (t: number): { readonly seen: readonly ObservedFrame[], readonly at: number } {
    const now = (t + 1) * 1000
    for (const [id, process] of this.processes) {
      const frame = process.run(now)
      if (frame !== undefined) this.#latest.set(id, frame)
    }
    const at = WALL_START + now
    for (const [id, frame] of this.#latest) if (at - frame.at > GONE_MS) this.#latest.delete(id)
    // The first one is the one that shows the page: it is never stale to itself.
    return { at, seen: [...this.#latest.values()].map((frame, index) => ({ frame, stale: at - frame.at > STALE_MS && !(index === 0 && this.processes.has(frame.instance)) })) }
  }
}

export function traceOf ({ kind, name, seconds, incident, service, instances = 1, seed, changes }: {
  readonly kind: string
  readonly name: string
  readonly seconds: number
  readonly incident?: Incident | undefined
  readonly service: () => Service
  readonly instances?: number
  readonly seed: number
  readonly changes: readonly Change[]
}): Trace {
  return {
    kind,
    name,
    seconds,
    incident,
    * observe () {
      const cluster = new Cluster(service, instances, seed)
      for (let t = 0; t < seconds; t++) {
        for (const change of changes) change(cluster, t)
        yield cluster.step(t)
      }
    }
  }
}
