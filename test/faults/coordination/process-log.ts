import { openSync, readFileSync, writeSync } from 'node:fs'
import { monotonicMs } from './monotonic.ts'
import type { LogRecord } from './record.ts'

const FLUSH_BYTES = 64 * 1024

/**
 * A process's own append-only log. What was flushed outlives a kill -9 of its process, since it is in the kernel's hands;
 * intents are flushed before the request is sent.
 */
export class ProcessLogWriter {
  readonly #file: number
  readonly #ahead: number
  #pending = ''

  /** @param ahead by how many milliseconds this process's monotonic clock is faked to run ahead of the machine's */
  constructor (path: string, ahead = 0) {
    this.#file = openSync(path, 'a')
    this.#ahead = ahead
  }

  now (): number { return Math.round((monotonicMs() - this.#ahead) * 1e3) / 1e3 }

  /** Written with the next flush, which comes within a millisecond while the loop turns. */
  add (record: LogRecord): void {
    this.#pending += `${JSON.stringify(record)}\n`
    if (this.#pending.length > FLUSH_BYTES) this.flush()
  }

  /** Written before it returns. */
  addNow (record: LogRecord): void {
    this.add(record)
    this.flush()
  }

  flush (): void {
    if (this.#pending === '') return
    writeSync(this.#file, this.#pending)
    this.#pending = ''
  }
}

/** A line that was cut short by a kill is left out. */
export function readProcessLog (path: string): readonly LogRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  lines.pop()
  return lines.map((line): LogRecord => JSON.parse(line))
}
