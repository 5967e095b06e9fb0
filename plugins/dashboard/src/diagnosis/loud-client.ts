import { listOf, numberOf } from './instance-memory.ts'
import { named, percent } from './figures.ts'
import type { Cause } from './finding.ts'
import type { ServiceMemory } from './service-memory.ts'
import { FEW_CLIENTS, FEW_CLIENTS_SHARE } from './thresholds.ts'

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
  return {
    kind: 'client',
    name: client === undefined ? `limit ${label}` : named(client),
    instance: null,
    because: `${client === undefined ? `${limitedKeys <= 1 ? '1' : limitedKeys} of ${keys} clients ${limitedKeys <= 1 ? 'is' : 'are'}` : `client ${named(client)} is`} over limit ${label}`,
    evidence
  }
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
  const shown = clients.filter((client) => client !== '(not shown)')
  const [first] = shown
  return first !== undefined && shown.length === clients.length && shown.every((client) => client === first) ? first : undefined
}
