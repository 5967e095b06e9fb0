import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Clock } from './clock.ts'
import { Components } from './components.ts'
import { CoreConfiguredTwiceError, CoreTooLateError } from './errors.ts'
import { Journal } from './journal.ts'
import { resolveOptions } from './options.ts'
import type { CoreOptions, ResolvedCoreOptions } from './options.ts'
import { RouteTable } from './routes.ts'

/** Copies of core with the same number can serve one another's plugins. */
export const CONTRACT = 1

const manifest: { readonly version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** Version of this copy of the package. */
export const VERSION: string = manifest.version

/** Where this copy is installed, as a file URL. */
export const LOCATION: string = new URL('..', import.meta.url).href

/**
 * What all plugins of one application share: one per root instance, made by `ensureCore()`. The plugins of another
 * installed copy of core use it as well, so nothing may ask whether it is an `instanceof` anything.
 */
export class Core {
  /** See {@link CONTRACT}. */
  readonly contract: number = CONTRACT
  /** Of the copy that made this object. */
  readonly version: string = VERSION
  readonly location: string = LOCATION
  readonly root: FastifyInstance
  readonly clock: Clock
  readonly journal: Journal
  readonly components: Components
  readonly routes: RouteTable
  #options: ResolvedCoreOptions = resolveOptions(undefined)
  #configured = false
  #ready = false

  constructor (root: FastifyInstance, clock: Clock) {
    this.root = root
    this.clock = clock
    this.journal = new Journal({ clock })
    this.components = new Components({ clock, journal: this.journal })
    this.routes = new RouteTable(root, () => {})
  }

  /** Effective options: the defaults until {@link configure}. To be read at onReady, when they are final. */
  get options (): ResolvedCoreOptions['values'] { return this.#options.values }

  /**
   * Takes the application's options, whoever made this core before.
   *
   * @throws PLM_CORE_INVALID_OPTION, PLM_CORE_CONFIGURED_TWICE, PLM_CORE_TOO_LATE
   */
  configure (options: CoreOptions): void {
    if (this.#ready) throw new CoreTooLateError('core was configured')
    if (this.#configured) throw new CoreConfiguredTwiceError()
    this.#options = resolveOptions(options)
    this.#configured = true
  }

  /** Called once all plugins have loaded. */
  ready (): void {
    this.#ready = true
    this.routes.compile(() => 0)
  }

  close (): void {}
}
