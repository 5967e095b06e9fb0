import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: 500 }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_CORE_INVALID_OPTION', [name: string, given: string, right: string]> =
  createError('PLM_CORE_INVALID_OPTION', 'plimsoll option %s is %s; %s', 500)

export const IncompatibleCoreError: Coded<'PLM_CORE_INCOMPATIBLE', [version: string, location: string, contract: string, otherVersion: string, otherLocation: string, otherContract: string]> =
  createError('PLM_CORE_INCOMPATIBLE', 'two copies of @plimsoll/core cannot share one application: %s at %s speaks contract %s, %s at %s speaks contract %s; install one version (npm ls @plimsoll/core)', 500)

export const DecoratorTakenError: Coded<'PLM_CORE_DECORATOR_TAKEN', []> =
  createError('PLM_CORE_DECORATOR_TAKEN', 'the decorator "plimsoll" of this Fastify instance is not core\'s: rename your decorator', 500)

export const CoreTooLateError: Coded<'PLM_CORE_TOO_LATE', [what: string, right: string, reason?: { readonly cause: unknown }]> =
  createError('PLM_CORE_TOO_LATE', '%s after the application was started: %s before ready(), listen() and inject()', 500)

export const CoreConfiguredTwiceError: Coded<'PLM_CORE_CONFIGURED_TWICE', []> =
  createError('PLM_CORE_CONFIGURED_TWICE', 'core has its options already: register @plimsoll/core with options once', 500)

export const InvalidPriorityError: Coded<'PLM_CORE_INVALID_PRIORITY', [methods: string, url: string, given: string]> =
  createError('PLM_CORE_INVALID_PRIORITY', 'config.priority of route %s %s is %s; use one of system, critical, high, normal, low, batch', 500)

export const InvalidDegradeError: Coded<'PLM_CORE_INVALID_DEGRADE', [methods: string, url: string, given: string]> =
  createError('PLM_CORE_INVALID_DEGRADE', 'config.degrade of route %s %s is %s; use a function (request, reply, refusal)', 500)

export const CheckTakenError: Coded<'PLM_CORE_CHECK_TAKEN', [name: string]> =
  createError('PLM_CORE_CHECK_TAKEN', 'an admission check named %s exists already', 500)

export const GateTakenError: Coded<'PLM_CORE_GATE_TAKEN', [name: string, holder: string]> =
  createError('PLM_CORE_GATE_TAKEN', '%s cannot gate this application: %s does already', 500)

export const ClockTakenError: Coded<'PLM_CORE_CLOCK_TAKEN', []> =
  createError('PLM_CORE_CLOCK_TAKEN', 'core runs on another clock already: choose the clock where core is asked for first', 500)

export const PriorityFunctionTakenError: Coded<'PLM_CORE_PRIORITY_FUNCTION_TAKEN', []> =
  createError('PLM_CORE_PRIORITY_FUNCTION_TAKEN', 'this application has a priority function already: give the option priority to one plugin', 500)
