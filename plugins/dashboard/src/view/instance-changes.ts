import type { InstanceView } from './view.ts'

/** What became of an instance: event `worker`. */
export interface InstanceChange {
  readonly instance: string
  readonly state: 'live' | 'stale' | 'gone'
}

/** Who came, fell silent, came back or went since the last look. */
export class InstanceChanges {
  #before: ReadonlyMap<string, InstanceView['state']> | undefined

  see (instances: readonly InstanceView[]): InstanceChange[] {
    const now = new Map(instances.map(({ instance, state }) => [instance, state]))
    const before = this.#before
    this.#before = now
    if (before === undefined) return []
    const changed = [...now].filter(([instance, state]) => before.get(instance) !== state).map(([instance, state]) => ({ instance, state }))
    const gone = [...before.keys()].filter((instance) => !now.has(instance)).map((instance) => ({ instance, state: 'gone' as const }))
    return [...changed, ...gone]
  }
}
