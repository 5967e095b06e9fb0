import type { GeneratorOptions } from './options.ts'
import type { LiveStats, Report } from './report.ts'

/** What the parent tells the generator's process, … */
export type ToGenerator =
  | { readonly type: 'run', readonly options: GeneratorOptions }
  | { readonly type: 'stop' }

/** … and what it hears from it. */
export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'stats', readonly stats: LiveStats }
  | { readonly type: 'done', readonly report: Report }
  | { readonly type: 'failed', readonly message: string }
