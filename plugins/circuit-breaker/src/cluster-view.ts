import type { Clock, ClockTimer, Coordinator } from '@plimsoll/core'
import type { CircuitBreakers } from './circuit-breakers.ts'
import { ClusterClaims } from './cluster-claims.ts'
import { decodeMessage, encodeMessage } from './cluster-message.ts'
import { opensFor } from './cluster-policy.ts'
import type { ClusterPolicy } from './cluster-policy.ts'
import type { Transition, TransitionReason } from './transition.ts'

const CHANNEL = 'circuit-breaker'
/** Broadcasts may be lost: while a circuit is open it is told again. */
const REPEAT_MS = 1_000
/** At most so often is the registry asked who the instances are. */
const REGISTRY_MS = 5_000
/** What this instance's own calls have found; anything else is hearsay, and telling it on would make rumours. */
const OWN_FINDINGS: ReadonlySet<TransitionReason> = new Set<TransitionReason>(['failure-rate', 'slow-call-rate', 'consecutive-failures', 'probe-failed'])

type ClusterCoordinator = Pick<Coordinator, 'incarnation' | 'knownInstances' | 'mode' | 'instances'> & { readonly broadcasts: Pick<Coordinator['broadcasts'], 'send' | 'receive'> }

interface Ports {
  readonly breakers: CircuitBreakers
  readonly coordinator: ClusterCoordinator
  readonly clock: Clock
  readonly policy: Exclude<ClusterPolicy, 'off'>
}

/**
 * The circuits of the other instances, as they tell of them. Nothing here is awaited by a call: what is told is sent after
 * it, what is heard is read from memory, and without the coordinator the circuits go on alone.
 */
export class ClusterView {
  /** Messages that were no such message, or came from more instances than are listened to. */
  ignored = 0
  readonly policy: Exclude<ClusterPolicy, 'off'>
  readonly #breakers: CircuitBreakers
  readonly #coordinator: ClusterCoordinator
  readonly #clock: Clock
  readonly #claims = new ClusterClaims()
  readonly #open = new Set<string>()
  readonly #leave: ReadonlyArray<() => void>
  #soon: ClockTimer | undefined
  #repeat: ClockTimer | undefined
  #instances: ReadonlySet<string> = new Set()
  #askedAt = -Infinity

  constructor ({ breakers, coordinator, clock, policy }: Ports) {
    this.policy = policy
    this.#breakers = breakers
    this.#coordinator = coordinator
    this.#clock = clock
    this.#leave = [
      coordinator.broadcasts.receive(CHANNEL, bytes => this.#hear(bytes)),
      breakers.on('stateChange', transition => this.#changed(transition))
    ]
  }

  /** How many other instances say of each circuit that it is open there. */
  get openElsewhere (): ReadonlyMap<string, number> { return this.#claims.counts(this.#clock.now()) }

  get instances (): number { return this.#coordinator.knownInstances }

  close (): void {
    this.#soon?.cancel()
    this.#repeat?.cancel()
    for (const leave of this.#leave) leave()
  }

  #changed ({ breaker: { name }, from, to, reason }: Transition): void {
    const had = this.#open.has(name)
    if (to === 'open') {
      if (OWN_FINDINGS.has(reason)) this.#open.add(name)
    } else if (to !== 'half-open') {
      this.#open.delete(name)
    }
    if (from === 'half-open' && reason === 'probes-succeeded') this.#claims.disprove(name, this.#clock.now())
    // One message for all that changes in this turn.
    if (had !== this.#open.has(name)) this.#soon ??= this.#clock.after(0, () => this.#tell())
  }

  #tell (): void {
    this.#soon = undefined
    if (this.#open.size === 0) {
      this.#repeat?.cancel()
      this.#repeat = undefined
    } else {
      this.#repeat ??= this.#clock.every(REPEAT_MS, () => this.#send())
    }
    this.#send()
  }

  #send (): void {
    const { broadcasts, incarnation, mode } = this.#coordinator
    if (mode === 'single') return
    // It rejects only what is too long for the backend; the others then see nothing, and this instance is none the worse.
    broadcasts.send(CHANNEL, encodeMessage({ from: incarnation, open: [...this.#open] })).catch(() => { this.ignored++ })
  }

  #hear (bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    if (message?.from === this.#coordinator.incarnation) return
    if (message === undefined || !this.#claims.hear(message, this.#clock.now())) {
      this.ignored++
      return
    }
    if (this.policy === 'observe' || message.open.length === 0) return
    if (!this.#instances.has(message.from)) this.#askWho()
    for (const name of message.open) this.#consider(name)
  }

  #consider (name: string): void {
    const breaker = this.#breakers.peek(name)
    if (breaker?.state !== 'closed') return
    const { calls, failureRate } = breaker.snapshot()
    const { minimumNumberOfCalls, failureRateThreshold } = breaker.settings
    const claims = this.#claims.believed(name, this.#clock.now(), from => this.#instances.has(from))
    const evidence = { instances: this.#coordinator.knownInstances, claims, calls, failureRate, minimumNumberOfCalls, failureRateThreshold }
    if (opensFor(this.policy, evidence)) breaker.trip('cluster')
  }

  /** Only an instance of the registry has a voice: what claims to be many must at least be there. */
  #askWho (): void {
    const now = this.#clock.now()
    if (now - this.#askedAt < REGISTRY_MS) return
    this.#askedAt = now
    this.#coordinator.instances().then(instances => {
      this.#instances = new Set(instances.map(({ incarnation }) => incarnation))
      for (const name of this.#claims.counts(this.#clock.now()).keys()) this.#consider(name)
    }, () => {})
  }
}
