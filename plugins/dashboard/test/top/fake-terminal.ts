import { EventEmitter } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import type { Keyboard, Output } from '../../src/top/terminal.ts'

/** Standard output, as a pipe or as a terminal of some size. */
export class FakeOutput extends EventEmitter implements Output {
  readonly isTTY: boolean
  columns: number | undefined
  rows: number | undefined
  colours: boolean
  /** Whether what is written goes out at once. */
  fast = true
  written = ''

  constructor ({ isTTY = false, colours = false, ...size }: { readonly isTTY?: boolean, readonly columns?: number | undefined, readonly rows?: number | undefined, readonly colours?: boolean } = {}) {
    super()
    this.isTTY = isTTY
    this.columns = 'columns' in size ? size.columns : 100
    this.rows = 'rows' in size ? size.rows : 40
    this.colours = colours
  }

  hasColors (): boolean { return this.colours }

  write (text: string): boolean {
    this.written += text
    return this.fast
  }

  /** What the last drawing shows. */
  get screen (): string { return stripVTControlCharacters(this.written.slice(this.written.lastIndexOf('\u001b[H'))) }

  get drawings (): number { return this.written.split('\u001b[H').length - 1 }

  get lines (): readonly string[] { return this.written.split('\n').slice(0, -1) }
}

export class FakeKeyboard extends EventEmitter implements Keyboard {
  readonly isTTY: boolean
  raw = false
  reading = false

  constructor (isTTY = true) {
    super()
    this.isTTY = isTTY
  }

  setRawMode (raw: boolean): void { this.raw = raw }

  resume (): void { this.reading = true }

  pause (): void { this.reading = false }

  press (keys: string): void { this.emit('data', Buffer.from(keys)) }
}
