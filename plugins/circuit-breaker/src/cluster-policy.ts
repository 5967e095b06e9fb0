/** See {@link CircuitBreakerPluginOptions.cluster}. */
export type ClusterPolicy = 'off' | 'observe' | 'quorum' | 'any'

export const CLUSTER_POLICIES: readonly ClusterPolicy[] = ['off', 'observe', 'quorum', 'any']

/** What is known of a circuit when another instance says that it is open there. */
export interface Evidence {
  /** Living instances, this one included. */
  readonly instances: number
  /** Other instances that say so and are believed. */
  readonly claims: number
  /** This instance's own window: calls, their failure rate, and what the circuit's settings make of them. */
  readonly calls: number
  readonly failureRate: number
  readonly minimumNumberOfCalls: number
  readonly failureRateThreshold: number
}

/** A failure rate of so much of the threshold is well: half of it is a doubt. */
const WELL = 0.5

/** Whether a closed circuit is to open because of what others say. Pure. */
export function opensFor (policy: ClusterPolicy, evidence: Evidence): boolean {
  const { instances, claims } = evidence
  if (policy === 'quorum') return claims > instances / 2
  return policy === 'any' && claims > 0 && !isWell(evidence)
}

/** One bad instance (its network, its version) must not take the upstream away from those that it serves well. */
function isWell ({ calls, failureRate, minimumNumberOfCalls, failureRateThreshold }: Evidence): boolean {
  return calls >= minimumNumberOfCalls && failureRate < failureRateThreshold * WELL
}
