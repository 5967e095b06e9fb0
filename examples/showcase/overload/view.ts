import type { WriteStream } from 'node:tty'
import type { LiveStats } from '../../../tools/load/index.ts'
import type { Side } from './shop.ts'
import { CRITICAL } from './traffic.ts'

export interface View {
  show (side: Side, stats: LiveStats): void
  /** The next side begins the ramp anew; what has been shown is shown again beside it. */
  rewind (): void
  end (): void
}

/** One table that is drawn over itself in a terminal, a line a second in a pipe. */
export function liveView (out: WriteStream): View {
  return out.isTTY ? new Table(out) : new Lines(out)
}

const columns = ['', 'offered/s', 'goodput/s', 'refused/s', 'failed/s', 'P99 ms', 'checkout ok'] as const

function cells (side: Side, { classes, seconds, admittedP99Ms }: LiveStats): string[] {
  const total = { offered: 0, ok: 0, late: 0, refused: 0, failed: 0 }
  for (const counts of Object.values(classes)) {
    total.offered += counts.offered
    total.ok += counts.ok
    total.refused += counts.refused
    total.failed += counts.late + counts.error + counts.timeout + counts.reset
  }
  const rate = (count: number): string => String(Math.round(count / seconds))
  return [side, rate(total.offered), rate(total.ok), rate(total.refused), rate(total.failed), Number.isFinite(admittedP99Ms) && admittedP99Ms > 0 ? admittedP99Ms.toFixed(0) : '-', checkoutOk(classes)]
}

function checkoutOk (classes: LiveStats['classes']): string {
  const checkout = classes[CRITICAL]
  if (checkout === undefined) return '-'
  const ended = checkout.ok + checkout.late + checkout.refused + checkout.error + checkout.timeout + checkout.reset
  return ended === 0 ? '-' : `${(100 * checkout.ok / ended).toFixed(1)} %`
}

const row = (texts: readonly string[]): string => texts.map((text, index) => index === 0 ? text.padEnd(10) : text.padStart(12)).join('')

interface Shown {
  readonly side: Side
  readonly atSeconds: number
  readonly text: string
}

class Table implements View {
  readonly #out: WriteStream
  readonly #rows: Record<Side, string> = { protected: row(['protected']), bare: row(['bare']) }
  #shown: Shown[] = []
  #earlier: readonly Shown[] = []
  #drawn = 0

  constructor (out: WriteStream) {
    this.#out = out
  }

  show (side: Side, stats: LiveStats): void {
    const shown = { side, atSeconds: stats.elapsedSeconds, text: row(cells(side, stats)) }
    this.#shown.push(shown)
    this.#rows[side] = shown.text
    const beside = this.#earlier.findLast(({ atSeconds }) => atSeconds < stats.elapsedSeconds + 0.5)
    if (beside !== undefined) this.#rows[beside.side] = beside.text
    this.#draw(stats)
  }

  rewind (): void {
    this.#earlier = this.#shown
    this.#shown = []
    // What is printed in between is not drawn over.
    this.#drawn = 0
  }

  end (): void { this.#out.write('\n') }

  #draw ({ phase, elapsedSeconds }: LiveStats): void {
    const lines = [`offered: ${phase} of capacity, ${elapsedSeconds.toFixed(0)} s`, row(columns), this.#rows.protected, this.#rows.bare]
    if (this.#drawn > 0) this.#out.write(`\u001b[${this.#drawn}A`)
    for (const line of lines) this.#out.write(`\u001b[2K${line}\n`)
    this.#drawn = lines.length
  }
}

class Lines implements View {
  readonly #out: WriteStream
  #titled = false

  constructor (out: WriteStream) {
    this.#out = out
  }

  show (side: Side, stats: LiveStats): void {
    if (!this.#titled) this.#out.write(`${'step'.padEnd(12)}${row(columns)}\n`)
    this.#titled = true
    this.#out.write(`${stats.phase.padEnd(12)}${row(cells(side, stats))}\n`)
  }

  rewind (): void {}

  end (): void {}
}
