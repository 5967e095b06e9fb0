import type { Diagnosis } from '../../src/view/view.ts'

export type Level = Diagnosis['level']

export const LEVEL_WORDS: { readonly [L in Level]: string } = { ok: 'OK', notice: 'Notice', warning: 'Warning', critical: 'Critical' }
