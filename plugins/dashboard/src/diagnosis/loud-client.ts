import { listOf, numberOf } from './instance-memory.ts'
import { named, percent } from './figures.ts'
import type { Cause } from './finding.ts'
import type { ServiceMemory } from './service-memory.ts'
import { FEW_CLIENTS, FEW_CLIENTS_SHARE, SEVERE_REFUSED_SHARE } from './thresholds.ts'

/** In the journal, in place of a key. */
const HIDDEN = '(not shown)'

/** What one limit has done within the last ten seconds, on all instances. */
interface LimitFigures {
  readonly name: string
  readonly refused: number
  readonly keys: number
  readonly limitedKeys: number
}

/** Requests that limits refused within the last ten seconds. */
export function limitedRequests (memory: ServiceMemory): number {
  return limitsOf(memory).reduce((sum, { refused }) => sum + refused, 0)
}

/** Who is over the limit that refuses most: a few clients by name where the journal has one, or everybody. */
export function overLimit (memory: ServiceMemory): Cause {
  const [limit] = limitsOf(memory).sort((a, b) => b.refused - a.refused)
  const { name, refused, keys, limitedKeys } = limit!
  const label = named(name)
  const clients = `${limitedKeys} of ${keys} clients`
  const evidence = [{ label: `limit ${label}`, value: `${(refused / 10).toFixed(1)} refused/s, ${clients} over it` }]
  if (limitedKeys > Math.max(FEW_CLIENTS, FEW_CLIENTS_SHARE * keys)) {
    return { kind: 'component', name: `rate-limiter/${label}`, instance: null, because: `${clients} (${percent(limitedKeys / keys)}) are over limit ${label}`, evidence }
  }
  const client = mostNamed(memory.refusedClients(name))
  if (client !== undefined) return { kind: 'client', name: named(client), instance: null, because: `client ${named(client)} is over limit ${label}`, evidence }
  const few = limitedKeys > 1 ? `${clients} are` : `1 of ${keys} clients is`
  return { kind: 'client', name: `limit ${label}`, instance: null, because: `${few} over limit ${label}`, evidence }
}

/** A few clients that send a good part of all requests explain what nothing else does. */
export function orLoudClient (memory: ServiceMemory, cause: Cause): Cause {
  if (cause.kind !== 'unknown' && cause.kind !== 'traffic') return cause
  const share = limitedRequests(memory) / memory.settled(10).all
  if (!(share >= SEVERE_REFUSED_SHARE)) return cause
  const client = overLimit(memory)
  return client.kind === 'client' ? { ...client, because: `${percent(share)} of all requests are refused, ${client.because}`, evidence: [...client.evidence, ...cause.evidence] } : cause
}

function limitsOf ({ living }: ServiceMemory): LimitFigures[] {
  const limits = new Map<string, LimitFigures>()
  for (const { frame, counters } of living) {
    for (const { kind, name: component, snapshot } of frame.components) {
      for (const limit of kind === 'rate-limiter' ? listOf(snapshot['limits']) : []) {
        const name = String(limit['name'])
        const known = limits.get(name) ?? { name, refused: 0, keys: 0, limitedKeys: 0 }
        // A client that goes to all instances is a key in each.
        limits.set(name, {
          name,
          refused: known.refused + counters.rise(`${component} ${name} refused`, 10),
          keys: Math.max(known.keys, numberOf(limit['keys'])),
          limitedKeys: Math.max(known.limitedKeys, numberOf(limit['limitedKeys']))
        })
      }
    }
  }
  return [...limits.values()]
}

/** Keys that are secrets are not written down: nobody is named then. */
function mostNamed (clients: readonly string[]): string | undefined {
  const [first] = clients
  return first !== HIDDEN && clients.every((client) => client === first) ? first : undefined
}
