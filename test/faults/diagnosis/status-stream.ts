import type { Diagnosis, View } from '../../../plugins/dashboard/src/view/view.ts'

/** What the dashboard of one instance says, as its page would read it: second by second. */
export class StatusStream {
  readonly #url: string
  readonly #ended: AbortController = new AbortController()
  readonly #told: Diagnosis[] = []
  readonly #running: Promise<void>

  constructor (origin: string) {
    this.#url = `${origin}/plimsoll/api/performance/realtime`
    this.#running = this.#run()
  }

  /** Everything so far. */
  get told (): readonly Diagnosis[] { return this.#told }

  get latest (): Diagnosis | undefined { return this.#told.at(-1) }

  async close (): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  /** Again and again, as a browser does. */
  async #run (): Promise<void> {
    while (!this.#ended.signal.aborted) await this.#read().catch(() => {})
  }

  async #read (): Promise<void> {
    const { body } = await fetch(this.#url, { signal: this.#ended.signal })
    let text = ''
    for await (const chunk of (body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
      text += chunk
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) this.#take(event)
    }
  }

  #take (event: string): void {
    const lines = event.split('\n')
    if (!lines.includes('event: metrics')) return
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n')
    const { status }: View = JSON.parse(data)
    this.#told.push(status)
  }
}
