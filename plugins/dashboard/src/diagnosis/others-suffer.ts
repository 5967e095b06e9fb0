import type { ServiceMemory } from './service-memory.ts'
import { HALF } from './thresholds.ts'
import type { Span } from './thresholds.ts'
import type { TrafficMemory } from './traffic-memory.ts'

/** Requests in the span, below which a route says nothing. */
const ENOUGH = 5

/** Half of the other routes have the same trouble: it is none of this one's, however much of the traffic it has. */
export function othersSuffer (memory: ServiceMemory, worst: TrafficMemory, span: Span, suffers: (route: TrafficMemory) => boolean): boolean {
  const others = [...memory.routes.all()].filter((route) => route !== worst && route.served(span) >= ENOUGH)
  return others.length > 0 && others.filter(suffers).length >= HALF * others.length
}
