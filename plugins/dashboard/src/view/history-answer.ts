import type { HistorySlice } from '@plimsoll/core'
import type { Mark } from './view.ts'

/** What `GET /history` answers. */
export interface HistoryAnswer extends HistorySlice {
  /** Whose it is. */
  readonly instance: string
  /** One column of the heatmap to a point; of the process only, and so are marks. */
  readonly heat?: ReadonlyArray<readonly number[]>
  readonly marks?: readonly Mark[]
}
