import type { Clock, MetricSource } from '@plimsoll/core'
import type { Limit } from './limit.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** The limiter's numbers, read at a scrape. */
export function rateLimiterMetrics (limiter: RateLimiter, clock: Clock): readonly MetricSource[] {
  const { bans, limits, listed } = limiter
  const byLimit = (name: string, type: 'counter' | 'gauge', help: string, read: (limit: Limit) => number): MetricSource => ({
    name: `plimsoll_rate_limiter_${name}`,
    help,
    type,
    labels: ['limit'],
    collect: report => { for (const limit of limits.all) report.value(read(limit), limit.plan.name) }
  })
  return [
    byLimit('allowed_requests_total', 'counter', 'Requests that were within the limit', ({ counts }) => counts.allowed),
    byLimit('refused_requests_total', 'counter', 'Requests that were over the limit or of a banned client, those of dry runs included', ({ counts }) => counts.refused),
    byLimit('known_keys', 'gauge', 'Clients whose state is kept', limit => limit.keyCount),
    byLimit('limited_keys', 'gauge', 'Clients of which a request would be refused now', limit => limit.limitedKeys(clock.now())),
    byLimit('evicted_keys_total', 'counter', 'Clients whose state was forgotten for want of place', ({ store }) => store.counts.evicted),
    byLimit('overflowed_requests_total', 'counter', 'Requests of new clients that shared one bucket, since the store was full of clients that are refused', ({ store }) => store.counts.overflowed),
    single('banned_keys', 'gauge', 'Clients that are banned now', () => bans.bannedNow(clock.now())),
    single('bans_total', 'counter', 'Bans since the start', () => bans.banned),
    single('dropped_bans_total', 'counter', 'Bans for which there was no place', () => bans.dropped),
    single('exempt_requests_total', 'counter', 'Requests of clients on the list allow', () => listed.allowed),
    single('denied_requests_total', 'counter', 'Requests of clients on the list deny', () => listed.denied)
  ]
}

function single (name: string, type: 'counter' | 'gauge', help: string, read: () => number): MetricSource {
  return { name: `plimsoll_rate_limiter_${name}`, help, type, collect: report => report.value(read()) }
}
