import type { Clock } from '../clock.ts'

interface Followed {
  /** Clock milliseconds at which it ends, by what was heard last. */
  endsAt: number
  followers: number
}

/**
 * When the sessions end that others here wait for. Every renewal of this instance asks about them, so that whoever waits for
 * the end of a session that is renewed all the while sends nothing of its own.
 */
export class FollowedLeases {
  readonly #clock: Clock
  readonly #sessions = new Map<string, Followed>()

  constructor (clock: Clock) { this.#clock = clock }

  get sessions (): readonly string[] { return [...this.#sessions.keys()] }

  /** Returns the way out. */
  follow (session: string, remainingMs: number): () => void {
    const followed = this.#sessions.get(session) ?? { endsAt: 0, followers: 0 }
    followed.endsAt = this.#clock.now() + remainingMs
    followed.followers += 1
    this.#sessions.set(session, followed)
    return () => {
      followed.followers -= 1
      if (followed.followers === 0) this.#sessions.delete(session)
    }
  }

  /** Until it ends, as far as is known; 0 or below when it should be over. */
  remainingMs (session: string): number {
    return (this.#sessions.get(session)?.endsAt ?? 0) - this.#clock.now()
  }

  /** What a renewal told; `asked` are the sessions that it was asked about. */
  learn (asked: readonly string[], remainingMs: readonly number[]): void {
    for (const [index, session] of asked.entries()) {
      const followed = this.#sessions.get(session)
      if (followed !== undefined) followed.endsAt = this.#clock.now() + (remainingMs[index] ?? 0)
    }
  }
}
