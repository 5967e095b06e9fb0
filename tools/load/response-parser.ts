const MAX_HEAD_BYTES = 16 * 1024
const MAX_CHUNK_LINE_BYTES = 1024
const CR = 13
const LF = 10

type Step = 'head' | 'sized-body' | 'body-until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'complete'

/**
 * Reads one HTTP/1.1 response at a time, from pieces cut anywhere (RFC 9112, sections 4, 6 and 7).
 *
 * Bodies are counted and thrown away. There is no pipelining: bytes behind the end of a response are an error, because
 * they would belong to a request that was never sent.
 */
export class ResponseParser {
  #step: Step = 'head'
  /** The unfinished head, chunk size or trailer line: text whose end has not come yet. */
  #text = ''
  #remaining = 0
  #status = 0
  #keepAlive = true

  get status (): number {
    return this.#status
  }

  /** Whether the server will take another request on this connection. */
  get keepAlive (): boolean {
    return this.#keepAlive
  }

  get complete (): boolean {
    return this.#step === 'complete'
  }

  /** Ready for the next response of the same connection. */
  reset (): void {
    this.#step = 'head'
    this.#text = ''
    this.#remaining = 0
    this.#status = 0
    this.#keepAlive = true
  }

  /**
   * Takes the bytes from `offset` to `end` and tells whether the response is complete.
   * @throws {Error} when the bytes are not an HTTP/1.1 response
   */
  push (bytes: Buffer, end: number, offset = 0): boolean {
    while (offset < end) {
      switch (this.#step) {
        case 'head': offset = this.#readHead(bytes, offset, end); break
        case 'sized-body': offset = this.#skip(offset, end, 'complete'); break
        case 'body-until-close': offset = end; break
        case 'chunk-size': offset = this.#readLine(bytes, offset, end, line => this.#startChunk(line)); break
        case 'chunk-data': offset = this.#skip(offset, end, 'chunk-end'); break
        case 'chunk-end': offset = this.#readLine(bytes, offset, end, () => { this.#step = 'chunk-size' }); break
        case 'trailer': offset = this.#readLine(bytes, offset, end, line => { if (line === '') this.#step = 'complete' }); break
        case 'complete': throw new Error(`${end - offset} bytes after the end of the response`)
      }
    }
    return this.complete
  }

  /** The server ended the connection: tells whether that also ended the response. */
  finish (): boolean {
    if (this.#step === 'body-until-close') this.#step = 'complete'
    return this.complete
  }

  #readHead (bytes: Buffer, offset: number, end: number): number {
    const carried = this.#text.length
    this.#text += bytes.toString('latin1', offset, end)
    // The separator may lie across the cut between two pieces.
    const headEnd = this.#text.indexOf('\r\n\r\n', Math.max(0, carried - 3))
    if (headEnd === -1) {
      if (this.#text.length > MAX_HEAD_BYTES) throw new Error(`no end of the response head in ${MAX_HEAD_BYTES} bytes`)
      return end
    }
    const head = this.#text.slice(0, headEnd).toLowerCase()
    this.#text = ''
    this.#interpret(head)
    return offset + headEnd + 4 - carried
  }

  #interpret (head: string): void {
    this.#status = Number(head.slice(9, 12))
    if (!head.startsWith('http/1.') || !(this.#status >= 100)) throw new Error(`not an HTTP/1.1 status line: ${head.slice(0, 40)}`)
    // An interim answer (100, 103) is followed by the real one.
    if (this.#status < 200) return

    const connection = headerOf(head, 'connection')
    this.#keepAlive = head[7] === '1' ? connection !== 'close' : connection === 'keep-alive'
    if (this.#status === 204 || this.#status === 304) {
      this.#step = 'complete'
    } else if (headerOf(head, 'transfer-encoding') === 'chunked') {
      this.#step = 'chunk-size'
    } else {
      this.#expectBody(headerOf(head, 'content-length'))
    }
  }

  #expectBody (length: string | undefined): void {
    if (length === undefined) {
      this.#keepAlive = false
      this.#step = 'body-until-close'
      return
    }
    this.#remaining = Number(length)
    if (!Number.isSafeInteger(this.#remaining) || this.#remaining < 0) throw new Error(`content-length is not a size: ${length}`)
    this.#step = this.#remaining === 0 ? 'complete' : 'sized-body'
  }

  #startChunk (line: string): void {
    const size = line.split(';', 1)[0]?.trim() ?? ''
    if (!/^[0-9a-f]{1,12}$/i.test(size)) throw new Error(`not a chunk size: ${line.slice(0, 40)}`)
    this.#remaining = parseInt(size, 16)
    this.#step = this.#remaining === 0 ? 'trailer' : 'chunk-data'
  }

  #skip (offset: number, end: number, then: Step): number {
    const skipped = Math.min(this.#remaining, end - offset)
    this.#remaining -= skipped
    if (this.#remaining === 0) this.#step = then
    return offset + skipped
  }

  #readLine (bytes: Buffer, offset: number, end: number, use: (line: string) => void): number {
    const feed = bytes.indexOf(LF, offset)
    if (feed === -1 || feed >= end) {
      this.#text += bytes.toString('latin1', offset, end)
      if (this.#text.length > MAX_CHUNK_LINE_BYTES) throw new Error(`no end of a chunk line in ${MAX_CHUNK_LINE_BYTES} bytes`)
      return end
    }
    const line = this.#text + bytes.toString('latin1', offset, feed)
    this.#text = ''
    use(line.charCodeAt(line.length - 1) === CR ? line.slice(0, -1) : line)
    return feed + 1
  }
}

/** The value of a header in a lower-cased head. */
function headerOf (head: string, name: string): string | undefined {
  const start = head.indexOf(`\r\n${name}:`)
  if (start === -1) return undefined
  const from = start + name.length + 3
  const to = head.indexOf('\r\n', from)
  return head.slice(from, to === -1 ? undefined : to).trim()
}
