import { byWord } from '../../src/view/by-word.ts'
import type { Diagnosis } from '../../src/view/view.ts'

export type Level = Diagnosis['level']

export const LEVEL_WORDS: { readonly [L in Level]: string } = byWord({ ok: 'OK', notice: 'Notice', warning: 'Warning', critical: 'Critical' })
