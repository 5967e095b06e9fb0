import type { Component, ComponentHealth, Json } from '../component.ts'
import type { Coordinator } from './coordinator.ts'

/** What pages and alerts see of the coordinator. Nothing here waits for the backend. */
export function coordinatorComponent (coordinator: Coordinator, now: () => number): Component {
  return {
    kind: 'coordinator',
    name: 'coordinator',
    snapshot: () => snapshotOf(coordinator, now()),
    health: () => healthOf(coordinator),
    configuration: () => ({
      backend: { value: coordinator.link.driver.name, source: coordinator.mode === 'single' ? 'default' : 'option' },
      ...Object.fromEntries(Object.entries(coordinator.timings).map(([name, value]) => [name, { value, source: 'option' as const }]))
    })
  }
}

/** `degraded` never turns readiness off: the whole fleet would follow its coordinator down. */
function healthOf (coordinator: Coordinator): ComponentHealth {
  if (coordinator.mode === 'degraded') return { status: 'degraded', reason: `The backend ${coordinator.link.driver.name} is away: nothing is led, shares are as chosen for isolation, writes are refused.` }
  if (coordinator.registry.refused) return { status: 'degraded', reason: `Another living process has the id ${coordinator.id}.` }
  return { status: 'ok' }
}

function snapshotOf (coordinator: Coordinator, now: number): { readonly [key: string]: Json } {
  const { link, tenure, counters, broadcasts, hub } = coordinator
  return {
    id: coordinator.id,
    mode: coordinator.mode,
    backend: link.driver.name,
    consistency: coordinator.capabilities.consistency,
    instances: coordinator.knownInstances,
    lease: tenure === undefined || tenure.deadline === Infinity ? null : { session: tenure.session, slackMs: Math.round(tenure.deadline - now) },
    leads: [...coordinator.elections].flatMap(({ name, leadership }) => leadership === undefined ? [] : [{ name, epoch: String(leadership.fence.epoch), scope: leadership.fence.scope }]),
    shares: [...coordinator.shares].map(({ name, granted, inUse, wants, total }) => ({ name, granted, inUse, wants, total })),
    queues: [...coordinator.queues].map(({ name, buffered }) => ({ name, buffered })),
    commands: link.commands,
    failures: link.failures,
    bytes: link.bytes,
    broadcasts: { sent: broadcasts.sent, received: broadcasts.received },
    resyncs: hub.resyncs,
    ...counters
  }
}
