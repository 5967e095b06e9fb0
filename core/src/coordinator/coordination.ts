import { hostname } from 'node:os'
import type { Clock } from '../clock.ts'
import type { Components } from '../components.ts'
import { CoreTooLateError } from '../errors.ts'
import type { Journal } from '../journal.ts'
import type { LifeCycle } from '../life-cycle.ts'
import type { Metrics } from '../metrics.ts'
import { chooseBackend } from './backend.ts'
import type { MakeDriver } from './backend.ts'
import type { CoordinationSettings } from './coordination-options.ts'
import { Coordinator } from './coordinator.ts'
import { coordinatorComponent } from './coordinator-component.ts'
import { coordinatorMetrics } from './coordinator-metrics.ts'
import type { CoordinatorDriver } from './driver.ts'
import { BackendTaken, CoordinatorTooEarly } from './errors.ts'
import { resolveTimings } from './timings.ts'

/** A backend that is there answers within it; one that is not holds the start up no longer. */
const BOOT_WAIT_MS = 500

export interface CoordinationPorts {
  readonly clock: Clock
  readonly journal: Journal
  readonly components: Components
  readonly metrics: Metrics
  readonly lifeCycle: LifeCycle
}

interface Backend {
  readonly name: string
  /** Nothing is made where the local one was asked for, or an optional one is missing. */
  readonly make: (...ports: Parameters<MakeDriver>) => CoordinatorDriver | undefined
}

/** The coordinator of one application: which backend it has, when it connects, and how it takes its leave. */
export class Coordination {
  readonly #ports: CoordinationPorts
  #settings: CoordinationSettings | undefined
  #backend: Backend | undefined
  #coordinator: Coordinator | undefined
  #starting = false
  #shown = false

  constructor (ports: CoordinationPorts) { this.#ports = ports }

  /** This process's name among the instances; empty before onReady. */
  get id (): string { return this.#coordinator?.id ?? '' }

  /** @throws PLM_COORDINATOR_TOO_EARLY */
  get coordinator (): Coordinator {
    if (this.#coordinator === undefined) throw new CoordinatorTooEarly()
    this.#show(this.#coordinator)
    return this.#coordinator
  }

  /** @throws PLM_COORDINATOR_BACKEND_TAKEN, PLM_CORE_TOO_LATE */
  offer (name: string, make: MakeDriver): void {
    if (this.#starting) throw new CoreTooLateError(`the coordinator's backend ${name} was offered`, 'register its plugin')
    if (this.#backend !== undefined) throw new BackendTaken(name, this.#backend.name)
    this.#backend = { name, make }
  }

  /**
   * Takes the application's options, and loads the backend that they name.
   * @throws PLM_COORDINATOR_INVALID_OPTION, PLM_COORDINATOR_BACKEND_TAKEN, and what a package's `createDriver` throws
   */
  async configure (settings: CoordinationSettings): Promise<void> {
    const { clock, journal } = this.#ports
    const timings = resolveTimings(settings.timings)
    this.#settings = settings
    const { backend } = settings
    if (backend === undefined) return
    if (this.#backend !== undefined) throw new BackendTaken(typeof backend === 'string' ? backend : backend.name, this.#backend.name)
    const driver = await chooseBackend(settings, { clock, journal, timings })
    this.#backend = { name: driver?.name ?? 'local', make: () => driver }
  }

  /** At onReady, ahead of the plugins' own hooks. A backend that is away holds the start up by no more than half a second. */
  async start (): Promise<void> {
    this.#starting = true
    const { clock, journal, lifeCycle } = this.#ports
    const { id = `${hostname()}:${process.pid}:${randomName(clock)}`, meta = {}, timings: given } = this.#settings ?? {}
    const timings = resolveTimings(given)
    const driver = this.#backend?.make({ clock, journal, timings })
    const coordinator = new Coordinator({ id, meta, timings, clock, journal, ...(driver && { driver }) })
    this.#coordinator = coordinator
    lifeCycle.on('resign', () => coordinator.resign())
    lifeCycle.on('return-capacity', () => coordinator.close())
    if (driver === undefined) await coordinator.connect()
    else {
      this.#show(coordinator)
      await atMost(BOOT_WAIT_MS, coordinator.connect(), clock)
    }
  }

  /** At onClose; in an application that listened, everything was given back in the phases before. */
  async close (): Promise<void> { await this.#coordinator?.close() }

  /** Nobody looks at a coordinator that nobody uses. */
  #show (coordinator: Coordinator): void {
    if (this.#shown) return
    this.#shown = true
    const { clock, components, metrics } = this.#ports
    const now = (): number => clock.now()
    components.register(coordinatorComponent(coordinator, now))
    for (const metric of coordinatorMetrics(coordinator, now)) metrics.register(metric)
  }
}

function randomName (clock: Clock): string {
  return Math.floor(clock.random() * 36 ** 4).toString(36).padStart(4, '0')
}

async function atMost (ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = clock.after(ms, late.resolve)
  await Promise.race([work, late.promise])
  timer.cancel()
}
