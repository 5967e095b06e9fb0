/** What is needed of `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  /** Knows NO_COLOR, FORCE_COLOR and TERM. */
  hasColors? (): boolean
  write (text: string): boolean
  on (event: 'resize' | 'drain', listener: () => void): unknown
  on (event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  off (event: 'resize' | 'drain', listener: () => void): unknown
}

/** What is needed of `process.stdin`. */
export interface Keyboard {
  readonly isTTY?: boolean
  setRawMode? (raw: boolean): unknown
  on (event: 'data', listener: (bytes: Uint8Array) => void): unknown
  off (event: 'data', listener: (bytes: Uint8Array) => void): unknown
  resume (): unknown
  pause (): unknown
}

const ESCAPE = '\u001b['
/** The alternate screen, so that what stood there comes back; no cursor. */
const OPEN = `${ESCAPE}?1049h${ESCAPE}?25l`
const CLOSE = `${ESCAPE}?25h${ESCAPE}?1049l`
const HOME = `${ESCAPE}H`
const REST_OF_LINE = `${ESCAPE}K`
const REST_OF_SCREEN = `${ESCAPE}J`
/** Terminals that know it show the lines between at once. */
const BEGIN = `${ESCAPE}?2026h`
const END = `${ESCAPE}?2026l`

/** The whole of a terminal, drawn anew each time over what was there, without flicker. */
export class Terminal {
  readonly #out: Output
  readonly #draw: (room: { readonly width: number, readonly height: number }) => readonly string[]
  #open = false
  /** The last drawing is still on its way: over a slow line, drawings must not pile up. */
  #busy = false

  /** @param draw lines that fit into the room */
  constructor (out: Output, draw: (room: { readonly width: number, readonly height: number }) => readonly string[]) {
    this.#out = out
    this.#draw = draw
  }

  open (): void {
    this.#open = true
    this.#out.write(OPEN)
    this.#out.on('resize', this.draw)
    this.#out.on('drain', this.#drained)
    this.draw()
  }

  readonly draw = (): void => {
    if (!this.#open || this.#busy) return
    const { columns = 80, rows = 24 } = this.#out
    const lines = this.#draw({ width: columns, height: rows })
    this.#busy = !this.#out.write(`${BEGIN}${HOME}${lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}${END}`)
  }

  close (): void {
    this.#open = false
    this.#out.off('resize', this.draw)
    this.#out.off('drain', this.#drained)
    this.#out.write(CLOSE)
  }

  readonly #drained = (): void => {
    this.#busy = false
    this.draw()
  }
}

/** Calls `pressed` with each key until the returned function is called; nothing where there is no terminal to read from. */
export function listenToKeys (keyboard: Keyboard | undefined, pressed: (key: string) => void): () => void {
  if (keyboard?.isTTY !== true) return () => {}
  const listener = (bytes: Uint8Array): void => {
    for (const byte of bytes) pressed(String.fromCharCode(byte))
  }
  keyboard.setRawMode?.(true)
  keyboard.on('data', listener)
  keyboard.resume()
  return () => {
    keyboard.off('data', listener)
    keyboard.setRawMode?.(false)
    keyboard.pause()
  }
}
