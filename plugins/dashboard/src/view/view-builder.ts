import { mergeFrames } from '@plimsoll/core'
import { Diagnostician } from '../diagnosis/diagnostician.ts'
import { AlertViews } from './alert-views.ts'
import { heatColumnOf } from './heat-column.ts'
import { InstanceChanges } from './instance-changes.ts'
import type { InstanceChange } from './instance-changes.ts'
import { instanceViews } from './instances.ts'
import { Marks } from './marks.ts'
import type { ObservedFrame } from './observed-frame.ts'
import { Protections } from './protections.ts'
import { saturationOf } from './saturation.ts'
import { routeViews, trafficOf, upstreamViews } from './traffic.ts'
import type { AlertView, Diagnosis, View } from './view.ts'

/** Every instance together. */
export const ALL = 'all'

/** A second, and what changed since the one before. */
export interface Second {
  readonly view: View
  readonly instanceChanges: readonly InstanceChange[]
  readonly alertChanges: readonly AlertView[]
}

export interface Selected {
  /** {@link ALL}, or an instance's id. */
  readonly of: string
  /** The instance that answers. */
  readonly self: string
  /** Whether a route is the dashboard's own: nobody looks for it among hers. @default none is */
  readonly isOwn?: (route: string) => boolean
}

/** Makes a view a second of one selection: all instances, or one. */
export class ViewBuilder {
  readonly #of: string
  readonly #self: string
  readonly #isOwn: (route: string) => boolean
  readonly #diagnostician: Diagnostician = new Diagnostician()
  readonly #protections: Protections = new Protections()
  readonly #alerts: AlertViews = new AlertViews()
  readonly #marks: Marks = new Marks()
  readonly #instanceChanges: InstanceChanges = new InstanceChanges()

  constructor ({ of, self, isOwn = () => false }: Selected) {
    this.#of = of
    this.#self = self
    this.#isOwn = isOwn
  }

  /** @param at milliseconds since the Unix epoch */
  build (id: number, at: number, everybody: readonly ObservedFrame[]): Second {
    const observed = this.#of === ALL ? everybody : everybody.filter(({ frame }) => frame.instance === this.#of)
    // What a stale one said last is not how things are.
    const merged = mergeFrames(observed.filter(({ stale }) => !stale).map(({ frame }) => frame))
    const { buckets, ...traffic } = trafficOf(merged)
    const instances = instanceViews(everybody, this.#self)
    const { alerts, changed } = this.#alerts.see(merged.components, at)
    const view: View = {
      id,
      at,
      of: this.#of,
      status: observed.length === 0 ? unknownInstance(this.#of) : this.#diagnostician.see(observed, at),
      traffic,
      saturation: saturationOf(merged.instances),
      heat: heatColumnOf(buckets),
      routes: routeViews(merged.routes.filter(({ route }) => !this.#isOwn(route)), merged.window),
      upstreams: upstreamViews(merged.upstreams, merged.window),
      protections: this.#protections.see(merged.components, merged.window > 0 ? merged.window / 1000 : 1),
      marks: this.#marks.see(observed),
      alerts,
      instances
    }
    return { view, instanceChanges: this.#instanceChanges.see(instances), alertChanges: changed }
  }

  /** Between two seconds: an instance fell silent, or came back. */
  instanceChanges (everybody: readonly ObservedFrame[]): InstanceChange[] {
    return this.#instanceChanges.see(instanceViews(everybody, this.#self))
  }
}

function unknownInstance (instance: string): Diagnosis {
  return { level: 'notice', sentence: `nothing has been heard of instance ${instance}`, since: null, symptom: 'none', cause: { kind: 'unknown', name: '', instance }, evidence: [] }
}
