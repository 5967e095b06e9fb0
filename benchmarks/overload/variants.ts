import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import { recorderOf, type RecorderName } from '../monitor/recorders.ts'
import type { UnderPressureSettings } from './under-pressure-grid.ts'

/** The ingredients of Plimsoll's gate that can be left out one at a time. */
export const ablations = ['defer', 'bounded', 'drain', 'lifo', 'adaptive'] as const
export type Ablation = typeof ablations[number]

export interface PlimsollOptions {
  readonly ablate?: readonly Ablation[]
  readonly strategy?: 'adaptive' | 'priority' | 'random' | 'oldest'
  /** Requests in flight, for the strategies that have a fixed limit. */
  readonly limit?: number
  readonly dryRun?: boolean
}

/** A server to be measured: Fastify with one way of protecting it, or none. */
export type Variant =
  | { readonly name: 'none' }
  | { readonly name: 'under-pressure', readonly settings: UnderPressureSettings }
  | { readonly name: 'overload-protection' }
  /** Without options, but where one of its parts is the question. */
  | { readonly name: 'plimsoll', readonly options?: PlimsollOptions }
  /** Core's contracts without a plugin that uses them. */
  | { readonly name: 'core' }
  /** Whatever measures each request: the monitor and its peers. */
  | { readonly name: 'recorder', readonly recorder: RecorderName }
  /** Not Fastify: node:http answering 503 to everything, the least that a refusal can cost. */
  | { readonly name: 'refuse-all' }

export const variantNames = ['none', 'under-pressure', 'overload-protection', 'plimsoll'] as const

/** Adds the protection to an app whose routes are not declared yet; they are declared when it has been added. */
export type Protect = (app: FastifyInstance) => void | Promise<void>

/**
 * Loads what the variant needs, before the app is created, as a user's imports are.
 * Only what is measured is loaded, so that memory and start-up belong to it.
 */
export async function protectionOf (variant: Variant): Promise<Protect> {
  switch (variant.name) {
    case 'none':
    case 'refuse-all':
      return () => {}
    case 'under-pressure': {
      const { default: underPressure } = await import('@fastify/under-pressure')
      const { bypassCritical, ...options } = variant.settings
      return app => { app.register(underPressure, options) }
    }
    case 'overload-protection': {
      const { default: overloadProtection } = await import('overload-protection')
      // Its defaults: 42 ms of delay, sampled every 5 ms.
      const protect = overloadProtection('http', { production: true })
      return app => { app.addHook('onRequest', (request, reply, done) => { protect(request.raw, reply.raw, done) }) }
    }
    case 'recorder':
      return await recorderOf(variant.recorder)
    case 'core': {
      const specifier: string = '@plimsoll/core'
      const { ensureCore }: { ensureCore: (app: FastifyInstance) => unknown } = await import(specifier)
      return app => { ensureCore(app) }
    }
    case 'plimsoll': {
      // A name in a variable: the peers can be measured in a checkout in which the plugin doesn't build.
      const specifier: string = '@plimsoll/load-shedder'
      const { default: loadShedder }: { default: FastifyPluginCallback<Record<string, unknown>> } = await import(specifier)
      return app => { app.register(loadShedder, { ...variant.options }) }
    }
  }
}

/** What a route of this class says in its `config` for the sake of the variant. */
export function routeConfig (variant: Variant, routeClass: string): Record<string, unknown> {
  switch (variant.name) {
    case 'plimsoll':
      return routeClass === 'normal' ? {} : { priority: routeClass }
    case 'under-pressure':
      return variant.settings.bypassCritical === true && (routeClass === 'critical' || routeClass === 'system')
        ? { pressureHandler: () => {} }
        : {}
    default:
      return {}
  }
}
