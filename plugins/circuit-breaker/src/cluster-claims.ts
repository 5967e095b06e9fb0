import type { ClusterMessage } from './cluster-message.ts'

interface Peer {
  heardAt: number
  open: ReadonlySet<string>
  /** Circuits that this instance has found well while the peer said otherwise, and until when its word is nothing. */
  readonly disproved: Map<string, number>
}

/** A peer that was not heard of for so long says nothing any more: three of its repetitions. */
export const CLAIM_TTL_MS = 3_000
/** How long a peer is not believed about a circuit after its word was disproved. */
export const DISTRUST_MS = 60_000
/** Instances that are listened to; what others say is ignored. */
export const MAX_PEERS = 200
/** Circuits about which a peer may be distrusted at a time; the oldest is forgiven. */
const MAX_DISPROVED = 100

/** What the other instances say of their circuits: bounded, and forgotten when they fall silent. */
export class ClusterClaims {
  readonly #peers = new Map<string, Peer>()

  /** `false`: there is no room for another peer. */
  hear ({ from, open }: ClusterMessage, now: number): boolean {
    const peer = this.#peers.get(from) ?? this.#newPeer(from, now)
    if (peer === undefined) return false
    peer.heardAt = now
    peer.open = new Set(open)
    return true
  }

  /** Instances that say so now and are believed; `isInstance` knows who is one at all. */
  believed (name: string, now: number, isInstance: (from: string) => boolean): number {
    let count = 0
    for (const [from, peer] of this.#peers) {
      if (claims(peer, name, now) && !((peer.disproved.get(name) ?? 0) > now) && isInstance(from)) count++
    }
    return count
  }

  /** Own probes have found `name` well: who says otherwise now isn't believed about it for a while. */
  disprove (name: string, now: number): void {
    for (const peer of this.#peers.values()) {
      if (!claims(peer, name, now)) continue
      peer.disproved.delete(name)
      peer.disproved.set(name, now + DISTRUST_MS)
      if (peer.disproved.size > MAX_DISPROVED) peer.disproved.delete(first(peer.disproved))
    }
  }

  /** How many other instances say of each circuit that it is open, believed or not. */
  counts (now: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const peer of this.#peers.values()) {
      if (now - peer.heardAt > CLAIM_TTL_MS) continue
      for (const name of peer.open) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }

  #newPeer (from: string, now: number): Peer | undefined {
    if (this.#peers.size >= MAX_PEERS) this.#forget(now)
    if (this.#peers.size >= MAX_PEERS) return undefined
    const peer: Peer = { heardAt: now, open: new Set(), disproved: new Map() }
    this.#peers.set(from, peer)
    return peer
  }

  // Only when there is no room, so that a peer which falls silent for a moment stays distrusted.
  #forget (now: number): void {
    for (const [from, { heardAt }] of this.#peers) if (now - heardAt > CLAIM_TTL_MS) this.#peers.delete(from)
  }
}

function claims ({ heardAt, open }: Peer, name: string, now: number): boolean {
  return now - heardAt <= CLAIM_TTL_MS && open.has(name)
}

function first (map: ReadonlyMap<string, number>): string {
  const [name = ''] = map.keys()
  return name
}
