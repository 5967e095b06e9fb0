/** The keys and channels of one namespace. All have one hash tag, so a Redis Cluster keeps them on one node. */
export class Namespace {
  readonly name: string
  readonly #prefix: string

  constructor (name: string, keyPrefix = '') {
    this.name = name
    this.#prefix = `${keyPrefix}plimsoll:{${name}}:`
  }

  get meta (): string { return `${this.#prefix}meta` }

  get queues (): string { return `${this.#prefix}queues` }

  get capacities (): string { return `${this.#prefix}capacities` }

  /** What every script begins with. */
  get common (): readonly string[] { return this.#keys('meta', 'operations:0', 'operations:1') }

  get entries (): readonly string[] {
    return [...this.common, ...this.#keys('values', 'heads', 'index', 'sessions', 'owned', 'due', 'ended')]
  }

  queue (name: string): readonly string[] {
    const part = (what: string): string => `queue:${encodeURIComponent(name)}:${what}`
    return [...this.common, ...this.#keys(...['items', 'buried', 'ready', 'leased', 'delayed', 'dead', 'taken'].map(part)), this.queues]
  }

  capacity (name: string): readonly string[] {
    const part = (what: string): string => `capacity:${encodeURIComponent(name)}:${what}`
    return [...this.common, ...this.#keys(...['holders', 'order', 'state', 'checks', 'graces'].map(part), 'sessions', 'ended'), this.capacities]
  }

  quota (name: string, key: string): readonly string[] {
    return [...this.common, ...this.#keys(`quota:${encodeURIComponent(name)}:${key}`)]
  }

  channel (what: Channel): string { return `${this.#prefix}${what}` }

  #keys (...names: readonly string[]): string[] {
    return names.map((name) => this.#prefix + name)
  }
}

/** Changes of entries; broadcasts; queues with something to claim; capacities whose shares have moved. */
export type Channel = 'changes' | 'broadcasts' | 'ready' | 'shares'
