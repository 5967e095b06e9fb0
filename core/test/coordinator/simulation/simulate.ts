import { decodeRecord, decodeJson } from '../../../src/coordinator/codec.ts'
import { LocalStore } from '../../../src/coordinator/local-store.ts'
import { History } from './history.ts'
import { GRACE_MS, Instance, TOTAL, TTL_MS } from './instance.ts'
import type { FaultCounts } from './simulated-driver.ts'
import { World } from './world.ts'

export interface SimulationResult {
  readonly seed: number
  readonly operations: number
  readonly events: number
  readonly faults: FaultCounts
  readonly violations: readonly string[]
}

const FAULTS_MS = 2_400
const SETTLE_MS = 3 * TTL_MS

/** One history: three instances at work over faulty lines, then the lines are healed and everything must have come right. */
export async function simulate (seed: number): Promise<SimulationResult> {
  const world = new World(seed)
  const server = world.node()
  const store = new LocalStore(world.clockOf(server))
  const history = new History()
  const faults: FaultCounts = { delayed: 0, lost: 0, duplicated: 0, cut: 0, paused: 0, partitions: 0, kills: 0, wipes: 0 }
  const make = (id: string): Instance => new Instance({ id, world, server, store, counts: faults, history })
  const instances = [make('a'), make('b'), make('c')]
  store.watchers.batches.add(({ changes }) => {
    for (const { key, entry } of changes) {
      if (key === 'kv/ledger' && entry) history.accepted(Number(decodeRecord(entry.value)?.['epoch']))
    }
  })

  const check = (): void => {
    let leaders = 0
    let inUse = 0
    for (const instance of instances) {
      if (instance.node.state === 'dead') continue
      instance.observe()
      if (instance.held) leaders += 1
      if (instance.node.state === 'running' && instance.node.resumedAt < world.now) inUse += instance.share.inUse
    }
    if (leaders === 1 && world.now > FAULTS_MS) history.ledAfterwards = true
    if (leaders > 1) history.violations.add('election: two instances hold at once')
    if (inUse > TOTAL) history.violations.add('capacity: more permits in use than there are')
  }

  for (const instance of instances) instance.start()
  inject(world, instances, store, faults, make)
  await world.run(FAULTS_MS, check)

  for (const { line, node } of instances) {
    Object.assign(line, { requests: 'open', replies: 'open', loss: 0, duplication: 0, maxDelayMs: 4 })
    if (node.state === 'paused') world.resume(node)
  }
  // In some histories nothing more is written: what a lost last push would have told must be seen all the same.
  const quiet = history.operations >= 200 && world.chance(0.4)
  let worked = FAULTS_MS + (quiet ? 0 : 1.3 * TTL_MS)
  for (await world.run(worked, check); history.operations < 200; worked += 100) await world.run(worked + 100, check)
  for (const instance of instances) instance.stop()
  for (const instance of instances) instance.share.want(TOTAL)
  await world.run(worked + (quiet ? SETTLE_MS : SETTLE_MS - 1.3 * TTL_MS), check)

  history.ledAfterwards ||= quiet
  settled(instances, store, history, faults)
  const violations = [...history.violations].filter((violation) => faults.wipes === 0 || !violation.startsWith('queue'))
  return { seed, operations: history.operations, events: world.events, faults, violations }
}

/** Faults at random times, each for a random while; kinds differ from seed to seed. */
function inject (world: World, instances: Instance[], store: LocalStore, faults: FaultCounts, make: (id: string) => Instance): void {
  const director = world.node()
  const loss = world.chance(0.5) ? world.between(0, 0.15) : 0
  const duplication = world.chance(0.5) ? world.between(0, 0.15) : 0
  const maxDelayMs = world.chance(0.5) ? world.between(4, 120) : 4
  for (const { line } of instances) Object.assign(line, { loss, duplication, maxDelayMs })
  const wipes = world.chance(0.15)
  const next = (): void => {
    if (world.now > FAULTS_MS - 300) return
    const index = Math.floor(world.between(0, instances.length))
    const instance = instances[index]
    if (instance === undefined) return
    const ms = world.between(50, 1.6 * TTL_MS)
    const kind = world.random()
    if (kind < 0.35) {
      faults.partitions += 1
      const direction = world.random()
      if (direction < 0.7) instance.line.requests = 'cut'
      if (direction > 0.3) instance.line.replies = 'cut'
      world.schedule(director, ms, () => { Object.assign(instance.line, { requests: 'open', replies: 'open' }) })
    } else if (kind < 0.65 && instance.node.state === 'running') {
      faults.paused += 1
      instance.node.state = 'paused'
      world.schedule(director, ms, () => { if (instance.node.state === 'paused') world.resume(instance.node) })
    } else if (kind < 0.8 && instance.node.state === 'running') {
      faults.kills += 1
      instance.kill()
      const back = make(instance.id)
      Object.assign(back.line, { loss, duplication, maxDelayMs })
      instances[index] = back
      back.start()
    } else if (wipes && faults.wipes === 0) {
      faults.wipes += 1
      store.wipe(TTL_MS + GRACE_MS)
    }
    world.schedule(director, world.between(100, 420), next)
  }
  world.schedule(director, world.between(50, 300), next)
}

/** What must be so some time after the last fault. */
function settled (instances: readonly Instance[], store: LocalStore, history: History, faults: FaultCounts): void {
  const { violations } = history
  const violate = (violation: string, held: boolean): void => { if (!held) violations.add(violation) }
  violate('mode: an instance is not back in the cluster', instances.every(({ coordinator }) => coordinator.mode === 'cluster'))
  violate('election: nobody led after the faults', history.ledAfterwards)
  violate('registry: not every instance is registered', instances.every(({ coordinator }) => coordinator.registry.registered))
  violate('capacity: not all permits are granted', instances.reduce((sum, { share }) => sum + share.granted, 0) === TOTAL)
  const values = new Map(store.list('kv/w/', 100).entries.map(({ key, value }) => [key.slice('kv/'.length), decodeJson(value)]))
  for (const { watched } of instances) {
    violate('watch: the last state was not seen', watched.size === values.size && [...values].every(([key, value]) => watched.get(key) === value))
  }
  if (faults.wipes > 0) return
  const counter = store.get('kv/counter')
  const value = counter === undefined ? 0 : Number(decodeJson(counter.value))
  violate('key-value: an increment was lost', value >= history.increments)
  violate('key-value: an increment was made twice', value <= history.increments + history.ambiguousIncrements)
  const inQueue = new Set(store.list('q/q/i/', 10_000).entries.map(({ value }) => Number(new TextDecoder().decode(value.subarray(value.indexOf(10) + 1)))))
  const gone = [...history.durable].filter((item) => !history.isAcknowledged(item) && !inQueue.has(item))
  violate('queue: an item is gone that nobody acknowledged', gone.length <= history.ambiguousAcknowledgements)
}
