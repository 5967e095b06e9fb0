import { InvalidOptionError } from './errors.ts'
import { optionSpec } from './option-spec.ts'
import type { OptionSpec, ResolvedOptions } from './option-spec.ts'

/** Options of the plugin `@plimsoll/core`. All may stay out. */
export interface CoreOptions {
}

export type CoreSettings = { readonly [K in keyof CoreOptions]-?: Exclude<CoreOptions[K], undefined> }

export type ResolvedCoreOptions = ResolvedOptions<CoreSettings>

const spec: OptionSpec<CoreOptions, CoreSettings> = optionSpec<CoreOptions, CoreSettings>(InvalidOptionError, {})

/** @throws PLM_CORE_INVALID_OPTION */
export function resolveOptions (given: CoreOptions | undefined): ResolvedCoreOptions {
  return spec.resolve(given)
}
