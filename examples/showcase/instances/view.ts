import type { WriteStream } from 'node:tty'
import type { Instance } from './instance.ts'
import { GATEWAY_PERMITS } from './status.ts'

export interface View {
  /** The state of everything; where it is a table, it is drawn over the last one. */
  show (instances: readonly Instance[]): void
  /** Something happened. */
  tell (text: string): void
}

const LINE_EVERY_MS = 1_000

/** A table that stays below what is told in a terminal; a line a second in a pipe. */
export function instancesView (out: WriteStream): View {
  return out.isTTY ? new Table(out) : new Lines(out)
}

const COLUMNS = ['', 'process', 'mode', 'leads', 'share', 'in use', 'served', 'failed'] as const

const row = (cells: readonly string[]): string => cells.map((cell, index) => index === 0 ? cell.padEnd(9) : cell.padStart(10)).join('')

function cells ({ id, running, status, served, failed }: Instance): readonly string[] {
  if (!running) return [id, 'killed', '-', '-', '-', '-', String(served), String(failed)]
  if (status === undefined) return [id, 'running', '…', '-', '-', '-', String(served), String(failed)]
  return [id, 'running', status.mode, status.epoch === undefined ? '-' : 'leads', `${status.granted}/${GATEWAY_PERMITS}`, String(status.inUse), String(served), String(failed)]
}

class Table implements View {
  readonly #out: WriteStream
  #lines: readonly string[] = []

  constructor (out: WriteStream) { this.#out = out }

  show (instances: readonly Instance[]): void {
    this.#clear()
    this.#draw(['', row(COLUMNS), ...instances.map((instance) => row(cells(instance)))])
  }

  tell (text: string): void {
    const lines = this.#lines
    this.#clear()
    this.#out.write(`${text}\n`)
    this.#draw(lines)
  }

  #clear (): void {
    if (this.#lines.length > 0) this.#out.write(`\u001b[${this.#lines.length}A\u001b[0J`)
  }

  #draw (lines: readonly string[]): void {
    this.#lines = lines
    for (const line of lines) this.#out.write(`${line}\n`)
  }
}

class Lines implements View {
  readonly #out: WriteStream
  #saidAt = -Infinity

  constructor (out: WriteStream) { this.#out = out }

  show (instances: readonly Instance[]): void {
    const now = performance.now()
    if (now - this.#saidAt < LINE_EVERY_MS) return
    this.#saidAt = now
    this.#out.write(`${instances.map(brief).join('   ')}\n`)
  }

  tell (text: string): void { this.#out.write(`${text}\n`) }
}

function brief ({ id, running, status, served, failed }: Instance): string {
  if (!running || status === undefined) return `${id}: ${running ? 'starting' : 'killed'}`
  const { mode, epoch, granted, inUse } = status
  return `${id}: ${mode}${epoch === undefined ? '' : ' leads'} share ${granted} used ${inUse} served ${served} failed ${failed}`
}
